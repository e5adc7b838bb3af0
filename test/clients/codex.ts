import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const PACKAGE = '@openai/codex'
export const CODEX_VERSION = '0.169.0'
/** What the client sends as its credential; it must never reach an upstream. */
export const CODEX_TOKEN = 'codex-side-token-of-the-test'

const INSTALL_TIMEOUT_MS = 300_000
const RUN_TIMEOUT_MS = 60_000

export type Transport = 'http' | 'websocket'

export interface CodexRun {
  readonly exitCode: number
  /** Lines of the client's `--json` output. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Texts that the client took for answers of the model, in order. */
  readonly answers: readonly string[]
  readonly stderr: string
}

/**
 * Installs the pinned client into the user's cache folder, once.
 *
 * @returns path of its executable
 */
export function installCodex(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'lynkr', 'clients', `codex-${CODEX_VERSION}`)
  const executable = join(folder, 'node_modules', '.bin', 'codex')
  if (existsSync(executable) && isRunnable(executable)) return executable
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
  const install = Bun.spawnSync(
    [process.execPath, 'add', '--exact', '--trust', '--silent', `${PACKAGE}@${CODEX_VERSION}`],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], timeout: INSTALL_TIMEOUT_MS },
  )
  if (!install.success || !isRunnable(executable)) throw new Error(`${PACKAGE}@${CODEX_VERSION} did not install`)
  return executable
}

function isRunnable(executable: string): boolean {
  const version = Bun.spawnSync([executable, '--version'], { timeout: RUN_TIMEOUT_MS })
  return version.stdout.toString().includes(CODEX_VERSION)
}

export interface CodexOptions {
  readonly transport: Transport
  /** More lines for its `config.toml`. */
  readonly config?: string
}

/** Runs `codex exec <prompt>` with a home and a working folder of its own, against a gateway. */
export async function runCodex(
  executable: string,
  baseUrl: string,
  prompt: string,
  { transport, config = '' }: CodexOptions,
): Promise<CodexRun> {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-codex-'))
  const work = join(home, 'work')
  mkdirSync(work)
  writeFileSync(join(home, 'config.toml'), configToml(baseUrl, transport, config))
  const flags = ['--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox']
  const child = Bun.spawn([executable, 'exec', ...flags, prompt], {
    cwd: work,
    env: {
      PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: home,
      TMPDIR: home,
      CODEX_HOME: home,
      LYNKR_TOKEN: CODEX_TOKEN,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: RUN_TIMEOUT_MS,
  })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const exitCode = await child.exited
  rmSync(home, { recursive: true, force: true })
  const lines: CodexRun['lines'] = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  return { exitCode, lines, stderr, answers: lines.flatMap(answerIn) }
}

/** As `docs/getting-started-codex.md` says. */
function configToml(baseUrl: string, transport: Transport, more: string): string {
  return `model = "gpt-5.5"
model_provider = "lynkr"
${more}
[model_providers.lynkr]
name = "lynkr"
base_url = "${baseUrl}/v1"
env_key = "LYNKR_TOKEN"
wire_api = "responses"
supports_websockets = ${transport === 'websocket'}
`
}

/** The client's own documented shape: `{type: "item.completed", item: {type: "agent_message", text}}`. */
function answerIn(line: Readonly<Record<string, unknown>>): string[] {
  const { item } = line
  if (line.type !== 'item.completed' || typeof item !== 'object' || item === null) return []
  if (!('type' in item) || item.type !== 'agent_message' || !('text' in item)) return []
  return [String(item.text)]
}
