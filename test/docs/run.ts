import { dirname, join } from 'node:path'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { CLAUDE_CODE } from '../clients/claude-code.ts'
import { installClient } from '../clients/install-client.ts'
import { describeIsolation, runInNamespace } from '../clients/namespace.ts'
import { allPages, type Block, blocksOf } from './blocks.ts'
import { openWorld } from './world.ts'

/**
 * `bun run test:docs [page…]`: runs every command of the documents as a reader would, page by page, in a network
 * namespace with a simulator for every provider. Prints what it did and closes with "N passed, M failed".
 */
const claude = installClient(CLAUDE_CODE)
const inner = await runInNamespace()
if (inner !== null) process.exit(inner)

const wanted = process.argv.slice(2)
const pages = (await allPages()).filter(([page]) => wanted.length === 0 || wanted.some((name) => page.includes(name)))
const simulator = await startSimulator({ strict: false })
let passed = 0
let failed = 0

console.log(`commands of the documents, ${describeIsolation()}`)
for (const [page, text] of pages) {
  const world = openWorld(join(import.meta.dir, '../..'), simulator.url, [dirname(claude)])
  for (const block of blocksOf(page, text)) {
    const { ok, output } = await world.prove(block)
    if (ok) passed++
    else failed++
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${page}:${block.line} ${summary(block)}`)
    if (!ok) console.log(`${block.text}\n${output}`.replace(/^/gm, '     | '))
  }
  await world.close()
}
await simulator.stop()
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

function summary({ proof, text }: Block): string {
  const [first = ''] = text.split('\n')
  if (proof.kind === 'read') return `(not run: ${proof.reason})`
  return `${proof.kind === 'serves' ? '(serves) ' : ''}${first.slice(0, 90)}`
}
