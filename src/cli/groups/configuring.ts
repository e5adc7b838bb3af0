import type { Command } from 'commander'
import { type Exit, HEADING } from './group.ts'

/** `lynkr config schema|check|print`. */
export function addConfigCommands(program: Command, exit: Exit): void {
  const rooms = () => import('../config.ts')
  const config = program
    .command('config')
    .helpGroup(HEADING.operate)
    .description('the configuration: its schema, what is wrong with it, what is in force')
  config
    .command('schema')
    .description('print the JSON Schema of lynkr.yaml')
    .action(async () => exit((await rooms()).configSchema()))
  config
    .command('check')
    .argument('[file]', 'a file to check instead of the one in force')
    .description('list everything that is wrong, with line, path and suggestion')
    .action(async (file?: string) => exit((await rooms()).configCheck(file)))
  config
    .command('print')
    .argument('[file]', 'a file to read instead of the one in force')
    .description('print the settings in force, credentials redacted')
    .action(async (file?: string) => exit((await rooms()).configPrint(file)))
}
