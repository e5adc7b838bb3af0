import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bareEnv } from './install-client.ts'

/** A session takes seconds; on a machine that others load, starting a client takes most of a minute. */
const RUN_TIMEOUT_MS = 180_000

/** One line of a client's JSON output. */
export type ClientLine = Readonly<Record<string, unknown>>

/** What a client printed and how it ended. */
export interface ClientOutput {
  readonly exitCode: number
  readonly lines: readonly ClientLine[]
  readonly stderr: string
}

/** A client's command, given the home that it runs in, which is gone when it has ended. */
export interface ClientCall {
  readonly command: readonly string[]
  env(home: string): Readonly<Record<string, string>>
  /** Puts its settings into its home. */
  prepare?(home: string): void
}

/** Runs a client with a home and a working folder of its own, at most three minutes. */
export async function runClient({ command, env, prepare }: ClientCall): Promise<ClientOutput> {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-client-'))
  const work = join(home, 'work')
  mkdirSync(work)
  prepare?.(home)
  const child = Bun.spawn([...command], {
    cwd: work,
    env: { ...bareEnv(home), ...env(home) },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: RUN_TIMEOUT_MS,
  })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const exitCode = await child.exited
  rmSync(home, { recursive: true, force: true })
  const lines: ClientLine[] = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  return { exitCode, lines, stderr }
}
