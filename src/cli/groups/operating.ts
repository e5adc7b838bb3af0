import type { Command } from 'commander'
import { versionLine } from '../version.ts'
import { wholeNumber } from './arguments.ts'
import { type Exit, HEADING } from './group.ts'

/** `drain`, `healthcheck` and `version`: what an orchestrator calls. */
export function addOperatingCommands(program: Command, exit: Exit): void {
  program
    .command('drain')
    .helpGroup(HEADING.operate)
    .description('make the running instance unready and wait: the preStop hook of an image without a shell')
    .option('--wait <seconds>', 'how long to wait', wholeNumber, 15)
    .action(async (options) => exit(await (await import('../commands/health.ts')).drain(options)))

  program
    .command('healthcheck')
    .helpGroup(HEADING.operate)
    .description('ask the running instance whether it is alive; exit code 0 or 1')
    .option('--ready', 'ask whether it takes new requests', false)
    .action(async (options) => exit(await (await import('../commands/health.ts')).healthcheck(options)))

  program
    .command('version')
    .helpGroup(HEADING.operate)
    .description('print version, commit and Bun')
    .action(() => {
      process.stdout.write(`${versionLine()}\n`)
      exit(0)
    })
}
