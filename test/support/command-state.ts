import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestEngine } from './docker.ts'

/** A folder in which a lynkr process has commands: home, data, configuration, and a workspace with `notes.txt`. */
export interface CommandState extends Disposable {
  readonly folder: string
  readonly dataFolder: string
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>
  /** The key that the process has made at its start. */
  adminKey(): string
}

/** @param more commands in YAML besides `examples/commands/files.yaml`; `/srv/workspace` stands for the workspace */
export function openCommandState({ engine }: TestEngine, more = ''): CommandState {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-commands-'))
  chmodSync(folder, 0o755)
  const [workspace, home, temporary] = ['work', 'home', 'tmp'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const each of [workspace, home, temporary]) mkdirSync(each)
  writeFileSync(join(workspace, 'notes.txt'), 'hay\na needle\nhay\n')
  const dataFolder = join(home, 'state')
  const config = join(folder, 'lynkr.yaml')
  const examples = `${readFileSync('examples/commands/files.yaml', 'utf8')}\n${more}`
  writeFileSync(config, `commands:\n${examples.replaceAll('/srv/workspace', workspace).replace(/^(?=.)/gm, '  ')}`)
  const host = engine.environment.DOCKER_HOST
  return {
    folder,
    dataFolder,
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: home,
      TMPDIR: temporary,
      LYNKR_DATA_DIR: dataFolder,
      LYNKR_CONFIG: config,
      ...(host !== undefined && { DOCKER_HOST: host }),
    },
    adminKey: () => readFileSync(join(dataFolder, 'admin.key'), 'utf8').trim(),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
