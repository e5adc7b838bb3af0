import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lynkrCommand, UNHURRIED } from './server-process.ts'

/** The command line of lynkr with a home of its own, as a new user has it. */
export interface LynkrCli extends Disposable {
  readonly home: string
  /** The words that start it, absolute, so that they work in any folder. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  run(args: readonly string[], env?: Readonly<Record<string, string>>, stdin?: string): Promise<CliRun>
}

export interface CliRun {
  readonly code: number
  readonly out: string
  readonly error: string
}

export function openLynkrCli(env: Readonly<Record<string, string>> = {}): LynkrCli {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-cli-'))
  const command = lynkrCommand().map((word) =>
    word.includes('/') && !word.startsWith('/') ? join(process.cwd(), word) : word,
  )
  const base = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, ...UNHURRIED, ...env }
  return {
    home,
    command,
    env: base,
    async run(args, more = {}, stdin = '') {
      const child = Bun.spawn([...command, ...args], {
        env: { ...base, ...more },
        stdin: new Blob([stdin]),
        stdout: 'pipe',
        stderr: 'pipe',
      })
      const [out, error, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
      return { code, out, error }
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  }
}
