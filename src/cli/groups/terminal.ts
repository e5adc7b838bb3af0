import type { Settings } from '../../config/load.ts'
import type { StoreCommandOptions } from '../commands/with-store.ts'
import type { Exit } from './group.ts'

export const print = (line: string): void => void process.stdout.write(`${line}\n`)
export const printError = (line: string): void => void process.stderr.write(`${line}\n`)

/** The settings in force; `null` after saying what is wrong, with exit code 2. */
export async function settingsOrExit(exit: Exit): Promise<Settings | null> {
  const { readEnvironment } = await import('../../config/environment.ts')
  const { trySettings } = await import('../try-settings.ts')
  const settings = trySettings(readEnvironment())
  if (settings === null) exit(2)
  return settings
}

/** Runs a command on the store that the configuration names; a wrong configuration ends with 2. */
export async function onStore(
  exit: Exit,
  run: (options: StoreCommandOptions, settings: Settings) => Promise<number>,
): Promise<void> {
  const settings = await settingsOrExit(exit)
  if (settings !== null) exit(await run({ place: settings, print, printError }, settings))
}
