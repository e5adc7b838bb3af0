import { Command, InvalidArgumentError, Option } from 'commander'
import { addMoneyCommands } from './money-commands.ts'
import { COMMIT, VERSION } from './version.ts'

/** The command line. Each command loads its own rooms, so that `version` does not pay for `serve`. */
export function createProgram(exit: (code: number) => void): Command {
  const program = new Command('lynkr')
    .description('A hardened LLM proxy for coding agents')
    .version(`lynkr ${VERSION} (${COMMIT}, Bun ${Bun.version})`, '-V, --version')
    .configureHelp({ sortSubcommands: true })
    .exitOverride((error) => exit(error.exitCode === 0 ? 0 : 2))

  program
    .command('serve')
    .description('run the proxy; settings come from the environment')
    .action(async () => {
      const { serve } = await import('./serve.ts')
      exit(await serve())
    })

  program
    .command('drain')
    .description('make the running instance unready and wait: the preStop hook of an image without a shell')
    .option('--wait <seconds>', 'how long to wait', wholeNumber, 15)
    .action(async (options) => {
      const { drain } = await import('./commands/health.ts')
      exit(await drain(options))
    })

  program
    .command('healthcheck')
    .description('ask the running instance whether it is alive; exit code 0 or 1')
    .option('--ready', 'ask whether it takes new requests', false)
    .action(async (options) => {
      const { healthcheck } = await import('./commands/health.ts')
      exit(await healthcheck(options))
    })

  program
    .command('simulate')
    .description('run the simulator alone: an upstream that needs no key and costs nothing')
    .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber, 0)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--seed <number>', 'everything it invents follows from this', wholeNumber, 1)
    .option('--no-record', 'keep nothing of what is received')
    .option('--no-strict', 'answer what a real provider would refuse')
    .action(async (options) => {
      const { simulate } = await import('./simulate.ts')
      exit(await simulate(options))
    })

  program
    .command('version')
    .description('print version, commit and Bun')
    .action(() => {
      process.stdout.write(`lynkr ${VERSION} (${COMMIT}, Bun ${Bun.version})\n`)
      exit(0)
    })
  addConfigCommands(program, exit)
  addMoneyCommands(program, exit)
  addSandboxCommands(program, exit)
  return program
}

function addConfigCommands(program: Command, exit: (code: number) => void): void {
  const config = program
    .command('config')
    .description('the configuration: its schema, what is wrong with it, what is in force')
  config
    .command('schema')
    .description('print the JSON Schema of lynkr.yaml')
    .action(async () => exit((await import('./config.ts')).configSchema()))
  config
    .command('check')
    .argument('[file]', 'a file to check instead of the one in force')
    .description('list everything that is wrong, with line, path and suggestion')
    .action(async (file?: string) => exit((await import('./config.ts')).configCheck(file)))
  config
    .command('print')
    .argument('[file]', 'a file to read instead of the one in force')
    .description('print the settings in force, credentials redacted')
    .action(async (file?: string) => exit((await import('./config.ts')).configPrint(file)))
}

function addSandboxCommands(program: Command, exit: (code: number) => void): void {
  const rooms = () => import('./command-line.ts')
  program
    .command('run')
    .description('run a command of lynkr.yaml in its container; ends with its exit code')
    .argument('<name>', 'the command')
    .argument('[values...]', 'key=value for its parameters')
    .option('--dry-run', 'only show what would run', false)
    .option('--json', 'print one JSON document, as POST /v1/commands/{name} answers it', false)
    .action(async (name: string, values: string[], options) => exit(await (await rooms()).run(name, values, options)))
  program
    .command('commands')
    .description('list the commands of lynkr.yaml')
    .option('--json', 'as GET /v1/commands has them', false)
    .action(async (options) => exit((await rooms()).commands(options)))
  const sandbox = program.command('sandbox').description('the containers that commands run in')
  sandbox
    .command('build')
    .description('make an image, without a pull, and pin its id')
    .option('--busybox <path>', 'a static busybox for the default image')
    .option('--name <name>', 'with --packages: name of the image')
    .option('--packages <names>', 'Debian packages of this machine, with commas between', commaList)
    .action(async (options) => exit(await (await rooms()).build(options)))
  sandbox
    .command('doctor')
    .description('try to break out, and print what held')
    .action(async () => exit(await (await rooms()).doctor()))
  const audit = program.command('audit').description('the record of every run and every refusal')
  audit
    .command('verify')
    .description('check the chain of hashes, print its head')
    .option('--expect <hash>', 'a head that was noted earlier and must still be there')
    .action(async (options) => exit(await (await rooms()).verify(options)))
  audit
    .command('export')
    .description('print all rows, oldest first')
    .addOption(new Option('--format <format>', 'how to print them').choices(['jsonl', 'csv']).default('jsonl'))
    .action(async (options) => exit(await (await rooms()).exportRows(options)))
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}
