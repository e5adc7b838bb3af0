import type { Command } from 'commander'
import type { KeysAction } from '../commands/keys.ts'
import type { OutputFormat } from '../commands/table.ts'
import { commaList, date, wholeNumber, withFormat } from './arguments.ts'
import { type Exit, HEADING } from './group.ts'
import { onStore } from './terminal.ts'

/** `lynkr keys`: who may use lynkr. */
export function addKeysCommands(program: Command, exit: Exit): void {
  const keys = program
    .command('keys')
    .helpGroup(HEADING.money)
    .description('keys for clients of lynkr; a secret is shown once')
  const run = async (action: KeysAction): Promise<void> => {
    const command = await import('../commands/keys.ts')
    await onStore(exit, (options, settings) => command.keys({ ...options, settings, action }))
  }
  keys
    .command('create')
    .description('make a key; its secret goes to stdout alone')
    .argument('<name>', 'what people call it')
    .option('--user <id>', 'user whose budgets it counts towards')
    .option('--team <id>', 'team whose budgets it counts towards')
    .option('--models <patterns>', 'models it may ask for, such as claude-*', commaList)
    .option('--deny-models <patterns>', 'models it may not use by any name', commaList)
    .option('--providers <names>', 'providers it may reach', commaList)
    .option('--surfaces <names>', 'requests it may make: messages, chat, count_tokens, …', commaList)
    .option('--paths <patterns>', 'HTTP paths it may use, such as /v1/messages or /v1/commands/**', commaList)
    .option('--deny-paths <patterns>', 'HTTP paths it may not use', commaList)
    .option('--tools <patterns>', 'tools its requests may offer to a model, such as Read,mcp__github__*', commaList)
    .option('--deny-tools <patterns>', 'tools its requests may not offer to a model', commaList)
    .option('--commands <patterns>', 'commands it may run', commaList)
    .option('--priority <class>', 'highest class of its requests: main, subagent, background or batch')
    .option('--requests-per-minute <n>', 'requests per minute', wholeNumber)
    .option('--tokens-per-minute <n>', 'tokens per minute, prompt and output', wholeNumber)
    .option('--concurrent-requests <n>', 'requests at the same time', wholeNumber)
    .option('--expires <date>', 'moment from which it is refused, such as 2027-01-01', date)
    .option('--json', 'one JSON document, the secret in it', false)
    .action((name: string, { expires, json, ...fields }: { expires?: number; json: boolean }) => {
      const given = { name, ...fields, ...(expires !== undefined && { expiresWallMs: expires }) }
      return run({ kind: 'create', fields: given, isJson: json })
    })
  withFormat(keys.command('list'))
    .description('all keys, those of the file and of LYNKR_API_KEYS too, without their secrets')
    .action(({ format }: { format: OutputFormat }) => run({ kind: 'list', format }))
  for (const [kind, description] of [
    ['show', 'everything about one key but its secret'],
    ['rotate', 'a new secret for a key; the old one stops working'],
    ['revoke', 'end a key'],
  ] as const) {
    keys
      .command(kind)
      .description(description)
      .argument('<id>', 'id or name, as `lynkr keys list` shows them')
      .option('--json', 'one JSON document', false)
      .action((id: string, { json }: { json: boolean }) => run({ kind, id, isJson: json }))
  }
}
