import { Command, Help, type Option } from 'commander'
import { nearNames } from '../routing/near-names.ts'
import { addConfigCommands } from './groups/configuring.ts'
import { type CommandGroup, type Exit, HEADING } from './groups/group.ts'
import { addKeysCommands } from './groups/keys.ts'
import { addLookCommands } from './groups/look.ts'
import { addMoneyCommands } from './groups/money.ts'
import { addOperatingCommands } from './groups/operating.ts'
import { addSandboxCommands } from './groups/sandbox.ts'
import { addStartCommands } from './groups/start.ts'
import { versionLine } from './version.ts'

/** In the order of `lynkr --help`. */
const GROUPS: readonly CommandGroup[] = [
  addStartCommands,
  addLookCommands,
  addKeysCommands,
  addMoneyCommands,
  addSandboxCommands,
  addConfigCommands,
  addOperatingCommands,
]

/** The command line. Each command loads its own rooms, so that `version` does not pay for `serve`. */
export function createProgram(exit: Exit): Command {
  const program = new Command('lynkr')
    .description('A hardened LLM proxy for coding agents')
    .version(versionLine(), '-V, --version')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'lynkr: ')) })
    .exitOverride((error) => {
      exit(error.exitCode === 0 ? 0 : 2)
      // Whoever comes back from here is ended at once, with another code.
      throw error
    })
    .configureHelp({ optionDescription })
    .enablePositionalOptions()
  for (const add of GROUPS) add(program, exit)
  addHelp(program, HEADING.operate)
  for (const child of program.commands) if (child.commands.length > 0) addHelp(child, 'Commands:')
  adviseAfterErrors(program, 'lynkr')
  refuseHelpOfNothing(program)
  return program
}

/** What a switch does is off unless it is given: to say so of each would only be noise. */
function optionDescription(option: Option): string {
  return option.defaultValue === false ? option.description : new Help().optionDescription(option)
}

/** The library's own shows the whole list where there is no such command, and not what is wrong. */
function addHelp(command: Command, heading: string): void {
  const help = command.command('help [command...]').description('say what a command takes').helpGroup(heading)
  help.action((names: readonly string[]) => {
    let asked = command
    for (const name of names) {
      // What stands behind a whole command is for that.
      if (asked.commands.length === 0) break
      const child = asked.commands.find((one) => one.name() === name)
      asked = child ?? unknownCommand(asked, name)
    }
    asked.help()
  })
}

/** After what is wrong with a command line stands where its right form can be read. */
function adviseAfterErrors(command: Command, path: string): void {
  command.showHelpAfterError(`\`${path} --help\` says what it takes.`)
  for (const child of command.commands) adviseAfterErrors(child, `${path} ${child.name()}`)
}

/** The library's own shows the whole list, as if the name of a command that there is not were not there. */
function refuseHelpOfNothing(command: Command): void {
  if (command.commands.length === 0) return
  command.on('beforeHelp', () => {
    const [name] = command.args
    if (name === undefined || name.startsWith('-') || command.commands.some((one) => one.name() === name)) return
    unknownCommand(command, name)
  })
  command.commands.forEach(refuseHelpOfNothing)
}

/** In the library's words. */
function unknownCommand(command: Command, name: string): never {
  const names = command.commands.map((one) => one.name())
  const [near] = nearNames(name, names)
  return command.error(`error: unknown command '${name}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}`)
}
