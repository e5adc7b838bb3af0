import { type Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../../core/clock.ts'
import { USAGE_GROUPS, type UsageGroup } from '../../core/store.ts'
import type { OutputFormat } from '../commands/table.ts'
import { commaList, date, withFormat } from './arguments.ts'
import { type Exit, HEADING } from './group.ts'
import { onStore, printError } from './terminal.ts'

const DAY_MS = 86_400_000

/** `lynkr budgets`, `lynkr ledger` and `lynkr usage`: what works on the store and needs no running lynkr. */
export function addMoneyCommands(program: Command, exit: Exit): void {
  withFormat(program.command('budgets'))
    .helpGroup(HEADING.money)
    .description('how every budget stands: limit, spent, reserved, left, and when it starts anew')
    .action(async ({ format }: { format: OutputFormat }) => {
      const { budgets } = await import('../commands/budgets.ts')
      const wallMs = systemClock.wallMs()
      await onStore(exit, (options, { budgets: rules }) => budgets({ ...options, rules, wallMs, format }))
    })
  addLedgerCommands(program, exit)
  withFormat(program.command('usage'))
    .helpGroup(HEADING.money)
    .description('what was spent; the last 30 days by day, if nothing else is asked')
    .addOption(
      new Option('--by <groups>', `with commas between: ${USAGE_GROUPS.join(', ')}`)
        .argParser(groups)
        .default(['day'], 'day'),
    )
    .option('--from <date>', 'first moment, such as 2026-11-01; UTC unless it names a zone', date)
    .option('--to <date>', 'moment after the last', date)
    .action(async (options: { by: UsageGroup[]; from?: number; to?: number; format: OutputFormat }) => {
      const { by: groupBy, format, to: toWallMs = systemClock.wallMs() + 1 } = options
      const fromWallMs = options.from ?? toWallMs - 30 * DAY_MS
      if (fromWallMs >= toWallMs) {
        printError('lynkr: --from must be before --to')
        return exit(2)
      }
      const { usage } = await import('../commands/usage.ts')
      await onStore(exit, (options) => usage({ ...options, groupBy, fromWallMs, toWallMs, format }))
    })
}

function addLedgerCommands(program: Command, exit: Exit): void {
  const ledger = program.command('ledger').helpGroup(HEADING.money).description('the books behind the budgets')
  ledger
    .command('verify')
    .description('recompute every balance from its journal; exit code 1 if one differs')
    .option('--json', 'one JSON document', false)
    .action(async ({ json }: { json: boolean }) => {
      const command = await import('../commands/ledger.ts')
      await onStore(exit, (options) => command.ledger({ ...options, action: { kind: 'verify', isJson: json } }))
    })
  withFormat(ledger.command('balances'))
    .description('every budget: cap, spent, held, leased, available')
    .action(async ({ format }: { format: OutputFormat }) => {
      const command = await import('../commands/ledger.ts')
      await onStore(exit, (options) => command.ledger({ ...options, action: { kind: 'balances', format } }))
    })
}

function groups(text: string): UsageGroup[] {
  return commaList(text).map((name) => {
    const group = USAGE_GROUPS.find((one) => one === name)
    if (group === undefined) throw new InvalidArgumentError(`must be made of ${USAGE_GROUPS.join(', ')}`)
    return group
  })
}
