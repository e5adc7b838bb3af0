import type { BudgetRule } from '../../budget/rule.ts'
import type { Settings } from '../../config/load.ts'
import type { Exit } from './group.ts'

/** The store of the configuration, and the terminal. */
export interface StorePlace {
  readonly databaseUrl: string | null
  readonly dataFolder: string
  readonly budgets: readonly BudgetRule[]
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/** Runs a command on the store that the configuration names; a wrong configuration ends with 2. */
export async function onStore(
  exit: Exit,
  run: (place: StorePlace, settings: Settings) => Promise<number>,
): Promise<void> {
  const { readEnvironment } = await import('../../config/environment.ts')
  const { loadSettings } = await import('../../config/load.ts')
  const { formatIssues } = await import('../../config/issue.ts')
  const loaded = loadSettings(readEnvironment())
  if ('issues' in loaded) {
    process.stderr.write(formatIssues(loaded.issues))
    return exit(2)
  }
  const { databaseUrl, dataDir, budgets } = loaded.settings
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  const printError = (line: string): void => void process.stderr.write(`${line}\n`)
  const place = { databaseUrl: databaseUrl ?? null, dataFolder: dataDir, budgets, print, printError }
  exit(await run(place, loaded.settings))
}
