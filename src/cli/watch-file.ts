import { filePrint } from '../config/file-print.ts'
import type { Settings } from '../config/load.ts'
import type { Scheduler } from '../core/clock.ts'

/** How often the file is looked at, and how long it must have stayed the same before a change counts. */
const LOOK_EVERY_MS = 1_000

export interface FileWatch {
  /** It is being read now, whoever asked for that: no change up to this moment is told any more. */
  see(): void
  stop(): void
}

/**
 * Calls back when a file has changed and then stayed the same for a moment. It polls, because notices of the file system
 * are about a directory entry, and miss a symbolic link that is turned elsewhere further up.
 *
 * @param configFile  what is watched; `null`: nothing
 * @param configPrint what it was when it was read, which may be a while ago
 */
export function watchFile(
  { configFile, configPrint }: Pick<Settings, 'configFile' | 'configPrint'>,
  scheduler: Scheduler,
  onChange: () => void,
): FileWatch {
  if (configFile === null) return { see: () => undefined, stop: () => undefined }
  let read = configPrint
  let seen = read
  const stop = scheduler.every(LOOK_EVERY_MS, () => {
    const now = filePrint(configFile)
    const isSettled = now === seen
    seen = now
    if (!isSettled || now === read) return
    read = now
    onChange()
  })
  return {
    see() {
      read = filePrint(configFile)
    },
    stop,
  }
}
