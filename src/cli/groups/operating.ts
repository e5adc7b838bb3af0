import { Argument, type Command } from 'commander'
import { completionScript, SHELLS, type Shell } from '../completion.ts'
import { COMMIT, VERSION, versionLine } from '../version.ts'
import { wholeNumber } from './arguments.ts'
import { type Exit, HEADING } from './group.ts'
import { onStore } from './terminal.ts'

/** `doctor`, `backup`, `drain`, `healthcheck`, `completion` and `version`: how it is, for people and for orchestrators. */
export function addOperatingCommands(program: Command, exit: Exit): void {
  program
    .command('doctor')
    .helpGroup(HEADING.start)
    .description('look at everything a start depends on, and say how to mend what is wrong')
    .option('--json', 'one JSON document', false)
    .action(async (options) => exit(await (await import('../doctor/doctor.ts')).doctor(options)))

  program
    .command('backup')
    .helpGroup(HEADING.operate)
    .description('write keys, books and usage as they are now into a new file, also while lynkr runs')
    .argument('<file>', 'where to; it must not be there')
    .action(async (file: string) => {
      const { backup } = await import('../commands/backup.ts')
      await onStore(exit, async (options) => backup({ ...options, file }))
    })

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
    .command('completion')
    .helpGroup(HEADING.operate)
    .description('print a script that completes command lines of lynkr in a shell')
    .addArgument(
      new Argument(
        '<shell>',
        'in ~/.bashrc: eval "$(lynkr completion bash)"; ~/.zshrc likewise; config.fish: lynkr completion fish | source',
      ).choices(SHELLS),
    )
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell))
      exit(0)
    })

  program
    .command('version')
    .helpGroup(HEADING.operate)
    .description('print version, commit and Bun')
    .option('--json', 'one JSON document', false)
    .action(({ json }: { json: boolean }) => {
      const parts = { version: VERSION, commit: COMMIT, bun: Bun.version }
      process.stdout.write(`${json ? JSON.stringify(parts, null, 2) : versionLine()}\n`)
      exit(0)
    })
}
