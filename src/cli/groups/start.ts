import type { Command } from 'commander'
import { wholeNumber } from './arguments.ts'
import { type Exit, HEADING } from './group.ts'

/** `serve` and `simulate`: what listens. */
export function addStartCommands(program: Command, exit: Exit): void {
  program
    .command('serve')
    .helpGroup(HEADING.start)
    .description('run the proxy; settings come from the environment and lynkr.yaml')
    .action(async () => exit(await (await import('../serve.ts')).serve()))

  program
    .command('simulate')
    .helpGroup(HEADING.start)
    .description('run the simulator alone: an upstream that needs no key and costs nothing')
    .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber, 0)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--seed <number>', 'everything it invents follows from this', wholeNumber, 1)
    .option('--no-record', 'keep nothing of what is received')
    .option('--no-strict', 'answer what a real provider would refuse')
    .action(async (options) => exit(await (await import('../simulate.ts')).simulate(options)))
}
