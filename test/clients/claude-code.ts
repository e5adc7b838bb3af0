import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const PACKAGE = '@anthropic-ai/claude-code'
export const CLAUDE_CODE_VERSION = '2.1.330'
/** What the client sends as its credential; it must never reach an upstream. */
export const CLIENT_TOKEN = 'client-side-token-of-the-test'

const INSTALL_TIMEOUT_MS = 300_000
const RUN_TIMEOUT_MS = 60_000

/** One line of the client's `stream-json` output. */
export type ClientLine = Readonly<Record<string, unknown>>

export interface ClientRun {
  readonly exitCode: number
  readonly lines: readonly ClientLine[]
  /** Events of the Messages stream as the client decoded them. */
  readonly events: readonly ClientLine[]
  /** The last line: what the client considers its answer. */
  readonly result: ClientLine
  readonly stderr: string
}

/**
 * Installs the pinned client into the user's cache folder, once.
 *
 * @returns path of its executable
 */
export function installClaudeCode(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'lynkr', 'clients', `claude-code-${CLAUDE_CODE_VERSION}`)
  const executable = join(folder, 'node_modules', '.bin', 'claude')
  if (existsSync(executable) && isRunnable(executable)) return executable
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
  const install = Bun.spawnSync(
    [process.execPath, 'add', '--exact', '--trust', '--silent', `${PACKAGE}@${CLAUDE_CODE_VERSION}`],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], timeout: INSTALL_TIMEOUT_MS },
  )
  if (!install.success || !isRunnable(executable)) throw new Error(`${PACKAGE}@${CLAUDE_CODE_VERSION} did not install`)
  return executable
}

function isRunnable(executable: string): boolean {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-client-'))
  const version = Bun.spawnSync([executable, '--version'], { env: clientEnv(home, ''), timeout: RUN_TIMEOUT_MS })
  rmSync(home, { recursive: true, force: true })
  return version.stdout.toString().startsWith(CLAUDE_CODE_VERSION)
}

export interface ClientOptions {
  /** What it may use without asking. */
  readonly tools?: string
  readonly extra?: readonly string[]
}

/** Runs `claude -p <prompt>` with a home and a working folder of its own, against a gateway. */
export async function runClaudeCode(
  executable: string,
  baseUrl: string,
  prompt: string,
  { tools = 'Bash', extra = [] }: ClientOptions = {},
): Promise<ClientRun> {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-client-'))
  const work = join(home, 'work')
  mkdirSync(work)
  const output = ['--output-format', 'stream-json', '--verbose', '--include-partial-messages']
  const child = Bun.spawn([executable, '-p', prompt, '--allowedTools', tools, ...extra, ...output], {
    cwd: work,
    env: clientEnv(home, baseUrl),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: RUN_TIMEOUT_MS,
  })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const exitCode = await child.exited
  rmSync(home, { recursive: true, force: true })
  return { exitCode, stderr, ...readOutput(stdout) }
}

function readOutput(stdout: string): Pick<ClientRun, 'lines' | 'events' | 'result'> {
  const lines: ClientLine[] = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  const events = lines.filter((line) => line.type === 'stream_event').map((line) => line.event as ClientLine) // The client's own documented shape.
  return { lines, events, result: lines.findLast((line) => line.type === 'result') ?? {} }
}

function clientEnv(home: string, baseUrl: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    TMPDIR: home,
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_AUTH_TOKEN: CLIENT_TOKEN,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
}
