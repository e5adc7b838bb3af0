import { renameSync, writeSync } from 'node:fs'

/** Swaps `race` with the link `trap`, over and over, until it is killed. */
const [, , root = ''] = process.argv
writeSync(1, 'ready\n')
for (;;) {
  renameSync(`${root}/race`, `${root}/aside`)
  renameSync(`${root}/trap`, `${root}/race`)
  renameSync(`${root}/race`, `${root}/trap`)
  renameSync(`${root}/aside`, `${root}/race`)
}
