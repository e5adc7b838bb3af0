import { type Command, Option } from 'commander'
import { commaList } from './arguments.ts'
import { type Exit, HEADING } from './group.ts'

/** `run`, `commands`, `sandbox` and `audit`: what agents may do on this machine, and what they did. */
export function addSandboxCommands(program: Command, exit: Exit): void {
  const rooms = () => import('../command-line.ts')
  program
    .command('run')
    .helpGroup(HEADING.sandbox)
    .description('run a command of lynkr.yaml in its container; ends with its exit code')
    .argument('<name>', 'the command')
    .argument('[values...]', 'key=value for its parameters')
    .option('--dry-run', 'only show what would run', false)
    .option('--json', 'print one JSON document, as POST /v1/commands/{name} answers it', false)
    .action(async (name: string, values: string[], options) => exit(await (await rooms()).run(name, values, options)))
  program
    .command('commands')
    .helpGroup(HEADING.sandbox)
    .description('list the commands of lynkr.yaml')
    .option('--json', 'as GET /v1/commands has them', false)
    .action(async (options) => exit((await rooms()).commands(options)))
  const sandbox = program
    .command('sandbox')
    .helpGroup(HEADING.sandbox)
    .description('the containers that commands run in')
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
    .option('--json', 'one JSON document', false)
    .action(async (options) => exit(await (await rooms()).doctor(options)))
  const audit = program
    .command('audit')
    .helpGroup(HEADING.sandbox)
    .description('the record of every run and every refusal')
  audit
    .command('verify')
    .description('check the chain of hashes, print its head')
    .option('--expect <hash>', 'a head that was noted earlier and must still be there')
    .option('--json', 'one JSON document', false)
    .action(async (options) => exit(await (await rooms()).verify(options)))
  audit
    .command('export')
    .description('print all rows, oldest first')
    .addOption(new Option('--format <format>', 'how to print them').choices(['jsonl', 'csv']).default('jsonl'))
    .action(async (options) => exit(await (await rooms()).exportRows(options)))
}
