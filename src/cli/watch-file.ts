import { filePrint } from '../config/file-print.ts'
import type { Scheduler } from '../core/clock.ts'

/** How often the file is looked at. One that has just changed is read when it has stayed the same for as long. */
const LOOK_EVERY_MS = 1_000

/**
 * Calls back when a file has changed and stayed so for a moment. It looks by itself, for a notice of the system is about
 * a directory entry, which a turned link is not.
 *
 * @returns ends it
 */
export function watchFile(path: string, scheduler: Scheduler, onChange: () => void): () => void {
  let read = filePrint(path)
  let seen = read
  return scheduler.every(LOOK_EVERY_MS, () => {
    const now = filePrint(path)
    const isSettled = now === seen
    seen = now
    if (!isSettled || now === read) return
    read = now
    onChange()
  })
}
