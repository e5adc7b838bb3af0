import { type Command, Option } from 'commander'
import { WRAPPED_CLIENTS } from '../wrap/clients.ts'
import { commaList, dollars, portNumber, wholeNumber } from './arguments.ts'
import { type Exit, HEADING } from './group.ts'

/** `serve`, `init`, `wrap` and `simulate`: how people begin. */
export function addStartCommands(program: Command, exit: Exit): void {
  program
    .command('serve')
    .helpGroup(HEADING.start)
    .description('run the proxy; settings come from the environment and lynkr.yaml')
    .option('--workers <count>', 'processes that serve the port together, or auto: one per processor')
    .addOption(new Option('--until-stdin-ends', 'stop when standard input ends: with whoever started it').hideHelp())
    .action(async (options) => exit(await (await import('../serve.ts')).serve(options)))

  program
    .command('init')
    .helpGroup(HEADING.start)
    .description('find providers, ask what is left, try it with a real request, and write lynkr.yaml')
    .option('-y, --yes', 'ask nothing: take what is found and what the flags say', false)
    .option('--provider <ids>', 'providers to use, the default one first', commaList)
    .option('--model <name>', 'what every model name becomes there that nothing else maps')
    .option('--port <port>', 'port to listen on', portNumber, 8080)
    .option('--budget <usd>', 'dollars that may be spent in a day', dollars)
    .option('--file <path>', 'where to write; default: where `lynkr serve` looks')
    .option('--force', 'replace a file that is there; the old one is kept as .bak', false)
    .option('--no-test', 'write without a request')
    .action(async (options) => exit(await (await import('../init/init.ts')).init(options)))

  program
    .command('wrap')
    .helpGroup(HEADING.start)
    .description('run a client through a lynkr of its own, and say at the end what it cost')
    .argument('<client>', `${WRAPPED_CLIENTS.map(({ id }) => id).join(', ')}, or any other program`)
    .argument('[arguments...]', 'for the client, as they are')
    .passThroughOptions()
    .option('--provider <id>', 'MODEL_PROVIDER for this run')
    .option('--log <file>', "write lynkr's log of this run there")
    .option('--json', 'say what it cost as one JSON document, on stderr', false)
    .option('--quiet', 'say nothing but what the client says', false)
    .action(async (client: string, args: string[], options) =>
      exit(await (await import('../wrap/wrap.ts')).wrap({ ...options, client, args })),
    )

  program
    .command('simulate')
    .helpGroup(HEADING.start)
    .description('run the simulator alone: an upstream that needs no key and costs nothing')
    .option('--port <port>', 'port to listen on; 0 takes a free one', portNumber, 0)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--seed <number>', 'everything it invents follows from this', wholeNumber, 1)
    .option('--no-record', 'keep nothing of what is received')
    .option('--no-strict', 'answer what a real provider would refuse')
    .action(async (options) => exit(await (await import('../simulate.ts')).simulate(options)))
}
