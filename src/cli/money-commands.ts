import { type Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../core/clock.ts'
import type { UsageGroup } from '../core/store.ts'
import type { KeysAction } from './commands/keys.ts'
import { OUTPUT_FORMATS, type OutputFormat } from './commands/table.ts'

const DAY_MS = 86_400_000
const GROUPS: readonly UsageGroup[] = ['key', 'user', 'team', 'model', 'provider', 'day']

/** `lynkr keys`, `lynkr ledger` and `lynkr usage`: what works on the store and needs no running lynkr. */
export function addMoneyCommands(program: Command, exit: (code: number) => void): void {
  addKeysCommands(program, exit)
  addLedgerCommands(program, exit)
  program
    .command('usage')
    .description('what was spent; the last 30 days by day, if nothing else is asked')
    .option('--by <groups>', `with commas between: ${GROUPS.join(', ')}`, groups, ['day'])
    .option('--from <date>', 'first moment, such as 2026-11-01', date)
    .option('--to <date>', 'moment after the last', date)
    .addOption(formatOption())
    .action(async (options: { by: UsageGroup[]; from?: number; to?: number; format: OutputFormat }) => {
      const { by: groupBy, format, to: toWallMs = systemClock.wallMs() + 1 } = options
      const fromWallMs = options.from ?? toWallMs - 30 * DAY_MS
      const { usage } = await import('./commands/usage.ts')
      await onStore(exit, (place) => usage({ ...place, groupBy, fromWallMs, toWallMs, format }))
    })
}

function addKeysCommands(program: Command, exit: (code: number) => void): void {
  const keys = program.command('keys').description('keys for clients of lynkr; a secret is shown once')
  const run = async (action: KeysAction): Promise<void> => {
    const command = await import('./commands/keys.ts')
    await onStore(exit, (place) => command.keys({ ...place, action }))
  }
  keys
    .command('create')
    .description('make a key; its secret goes to stdout alone')
    .argument('<name>', 'what people call it')
    .option('--user <id>', 'user whose budgets it counts towards')
    .option('--team <id>', 'team whose budgets it counts towards')
    .option('--models <names>', 'models it may ask for; a pattern may end in *', list)
    .option('--providers <names>', 'providers it may reach', list)
    .option('--surfaces <names>', 'paths it may use: messages, chat, count_tokens, …', list)
    .option('--commands <names>', 'commands it may run', list)
    .option('--priority <class>', 'highest class of its requests: main, subagent, background or batch')
    .option('--requests-per-minute <n>', 'requests per minute', count)
    .option('--tokens-per-minute <n>', 'tokens per minute, prompt and output', count)
    .option('--concurrent-requests <n>', 'requests at the same time', count)
    .option('--expires <date>', 'moment from which it is refused, such as 2027-01-01', date)
    .action((name: string, { expires, ...fields }: { expires?: number }) =>
      run({ kind: 'create', fields: { name, ...fields, ...(expires !== undefined && { expiresWallMs: expires }) } }),
    )
  keys
    .command('list')
    .description('all keys, without their secrets')
    .addOption(formatOption())
    .action(({ format }: { format: OutputFormat }) => run({ kind: 'list', format }))
  for (const [kind, description] of [
    ['show', 'everything about one key but its secret'],
    ['rotate', 'a new secret for a key; the old one stops working'],
    ['revoke', 'end a key'],
  ] as const) {
    keys
      .command(kind)
      .description(description)
      .argument('<id>', 'as `lynkr keys list` shows it')
      .action((id: string) => run({ kind, id }))
  }
}

function addLedgerCommands(program: Command, exit: (code: number) => void): void {
  const ledger = program.command('ledger').description('the books behind the budgets')
  ledger
    .command('verify')
    .description('recompute every balance from its journal; exit code 1 if one differs')
    .action(async () => {
      const command = await import('./commands/ledger.ts')
      await onStore(exit, (place) => command.ledger({ ...place, action: { kind: 'verify' } }))
    })
  ledger
    .command('balances')
    .description('every budget: cap, spent, held, leased, available')
    .addOption(formatOption())
    .action(async ({ format }: { format: OutputFormat }) => {
      const command = await import('./commands/ledger.ts')
      await onStore(exit, (place) => command.ledger({ ...place, action: { kind: 'balances', format } }))
    })
}

interface Place {
  readonly databaseUrl: string | null
  readonly dataFolder: string
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/** Runs a command on the store that the configuration names; a wrong configuration ends with 2. */
async function onStore(exit: (code: number) => void, run: (place: Place) => Promise<number>): Promise<void> {
  const { readEnvironment } = await import('../config/environment.ts')
  const { loadSettings } = await import('../config/load.ts')
  const { formatIssues } = await import('../config/issue.ts')
  const loaded = loadSettings(readEnvironment())
  if ('issues' in loaded) {
    process.stderr.write(formatIssues(loaded.issues))
    return exit(2)
  }
  const { databaseUrl, dataDir } = loaded.settings
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  const printError = (line: string): void => void process.stderr.write(`${line}\n`)
  exit(await run({ databaseUrl: databaseUrl ?? null, dataFolder: dataDir, print, printError }))
}

function formatOption(): Option {
  return new Option('--format <format>', 'how to print it').choices([...OUTPUT_FORMATS]).default('table')
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function groups(text: string): UsageGroup[] {
  return list(text).map((name) => {
    const group = GROUPS.find((one) => one === name)
    if (group === undefined) throw new InvalidArgumentError(`must be made of ${GROUPS.join(', ')}`)
    return group
  })
}

function date(text: string): number {
  const wallMs = Date.parse(text)
  if (Number.isNaN(wallMs)) throw new InvalidArgumentError('must be a date, such as 2026-11-22')
  return wallMs
}

function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}
