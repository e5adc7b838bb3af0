import { type Command, Option } from 'commander'
import { systemProblem } from '../../core/system-error.ts'
import type { DiscoveryDoor } from '../../pipeline/discovery.ts'
import { SURFACE_NAMES, type SurfaceName } from '../../pipeline/guess-surface.ts'
import { type Exit, HEADING } from './group.ts'
import { print, printError, settingsOrExit } from './terminal.ts'

/** Commands that show where requests go and what becomes of them. None needs a running lynkr. */
export function addLookCommands(program: Command, exit: Exit): void {
  addModels(program, exit)
  addProviders(program, exit)
  addExplain(program, exit)
  addLintStream(program, exit)
}

function addModels(program: Command, exit: Exit): void {
  program
    .command('models')
    .helpGroup(HEADING.look)
    .description('every model name that can be asked for, and where it goes')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const settings = await settingsOrExit(exit)
      if (settings === null) return
      const { models } = await import('../commands/models.ts')
      exit(await models({ settings, ...(await openDoor()), format: json ? 'json' : 'table', print, printError }))
    })
}

function addProviders(program: Command, exit: Exit): void {
  const providers = program
    .command('providers')
    .helpGroup(HEADING.look)
    .description('the providers: which there are, and whether they answer')
  providers
    .command('list')
    .description('those that are configured')
    .option('--all', 'every row there is instead', false)
    .option('--json', 'as JSON', false)
    .action(async ({ all: isAll, json }: { all: boolean; json: boolean }) => {
      const settings = await settingsOrExit(exit)
      if (settings === null) return
      const { listProviders } = await import('../commands/providers.ts')
      exit(listProviders({ settings, isAll, format: json ? 'json' : 'table', print, printError }))
    })
  providers
    .command('test')
    .argument('[names...]', 'providers to ask; all that are configured if none is named')
    .description('ask each one small question, really; it costs a few tokens. Exit code 1 if one does not answer')
    .option('--model <name>', 'the model to ask, in place of a small one')
    .option('--json', 'as JSON', false)
    .action(async (names: string[], { model = null, json }: { model?: string | null; json: boolean }) => {
      const settings = await settingsOrExit(exit)
      if (settings === null) return
      const { testProviders } = await import('../commands/providers.ts')
      const { systemClock: clock } = await import('../../core/clock.ts')
      const format = json ? 'json' : 'table'
      exit(await testProviders({ settings, names, model, clock, ...(await openDoor()), format, print, printError }))
    })
}

function addExplain(program: Command, exit: Exit): void {
  program
    .command('explain')
    .helpGroup(HEADING.look)
    .description('what would become of a request: route, converted body, losses, cost, budgets; nothing is sent')
    .argument('[file]', 'the request body; - or nothing reads it from stdin', '-')
    .addOption(new Option('--surface <name>', 'what it is meant for, if not as it looks').choices([...SURFACE_NAMES]))
    .option('--key <id>', 'key that would send it, for its lists and budgets')
    .option('--user <id>', 'user that would send it')
    .option('--team <id>', 'team that would send it')
    .option('--session <name>', 'session it belongs to, for routes with weights')
    .option('--json', 'as JSON, with the whole converted bodies', false)
    .action(async (file: string, options: ExplainFlags) => {
      const settings = await settingsOrExit(exit)
      if (settings === null) return
      const bytes = await readInput(file)
      if (bytes === null) return exit(2)
      const { explain } = await import('../commands/explain.ts')
      const { findKey, readBalances } = await import('../commands/with-store.ts')
      const { key = null, user = null, team = null, session = null, surface = null, json: isJson } = options
      const subject = { key, user, team, session, surface, isJson }
      const store = { balances: () => readBalances(settings), findKey: (id: string) => findKey(settings, id) }
      exit(await explain({ settings, bytes, ...subject, ...store, print, printError }))
    })
}

function addLintStream(program: Command, exit: Exit): void {
  program
    .command('lint-stream')
    .helpGroup(HEADING.look)
    .description('what is wrong with a recorded event stream, line by line')
    .argument('[file]', 'the stream as it came; - or nothing reads it from stdin', '-')
    .addOption(new Option('--surface <name>', 'what it is, if not as it looks').choices([...SURFACE_NAMES]))
    .option('--json', 'as JSON', false)
    .action(async (file: string, { surface, json: isJson }: { surface?: SurfaceName; json: boolean }) => {
      const bytes = await readInput(file)
      if (bytes === null) return exit(2)
      const { lint } = await import('../commands/lint-stream.ts')
      exit(lint({ bytes, name: file === '-' ? 'stdin' : file, surface: surface ?? null, isJson, print, printError }))
    })
}

interface ExplainFlags {
  readonly surface?: SurfaceName
  readonly key?: string
  readonly user?: string
  readonly team?: string
  readonly session?: string
  readonly json: boolean
}

/** `null` after saying why there is nothing to read. */
async function readInput(file: string): Promise<Uint8Array | null> {
  try {
    return await (file === '-' ? Bun.stdin : Bun.file(file)).bytes()
  } catch (thrown) {
    printError(`lynkr: ${file} cannot be read: ${systemProblem(thrown)}`)
    return null
  }
}

/** The way to the providers, for a process that does nothing else meanwhile. */
async function openDoor(): Promise<DiscoveryDoor> {
  const { fetchTransport: transport } = await import('../../upstream/fetch-transport.ts')
  const { openSigners } = await import('../../upstream/signers.ts')
  const { holdingScheduler: scheduler, systemClock: clock } = await import('../../core/clock.ts')
  return { transport, scheduler, signers: openSigners({ transport, clock, scheduler }) }
}
