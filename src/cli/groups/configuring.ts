import type { Command } from 'commander'
import { type Exit, HEADING } from './group.ts'

/** `lynkr config schema|docs|check|print`. */
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
    .command('docs')
    .description('print every setting with its default and meaning, in Markdown')
    .action(async () => exit((await rooms()).configDocs()))
  config
    .command('check')
    .argument('[file]', 'a file to check instead of the one in force')
    .description('list everything that is wrong, with line, path and suggestion')
    .option('--json', 'one JSON document', false)
    .action(async (file: string | undefined, options) => exit((await rooms()).configCheck(file, options)))
  config
    .command('print')
    .argument('[file]', 'a file to read instead of the one in force')
    .description('print the settings in force, credentials redacted')
    .option('--json', 'as JSON instead of YAML', false)
    .action(async (file: string | undefined, options) => exit((await rooms()).configPrint(file, options)))
}
