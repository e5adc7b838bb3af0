import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lynkrCommand, UNHURRIED, WORKERS } from '../support/server-process.ts'
import type { Block } from './blocks.ts'

/** What became of one block. */
export interface Proved {
  readonly ok: boolean
  readonly output: string
}

/** A new user's machine for one page: a home of its own, `lynkr` in PATH, and what earlier blocks have started. */
export interface World {
  prove(block: Block): Promise<Proved>
  close(): Promise<void>
}

const RUN_MS_MAX = 180_000
const READY_MS_MAX = 120_000
const STOP_MS_MAX = 60_000
const LYNKR = 'http://127.0.0.1:8080/health/live'

/**
 * @param root      the repository, where blocks run
 * @param simulator address that stands for every provider
 * @param programs  folders with real clients, before the system's
 */
export function openWorld(root: string, simulator: string, programs: readonly string[]): World {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-docs-'))
  const shims = join(home, 'shims')
  mkdirSync(shims)
  const command = lynkrCommand().map((word) => (word.includes('/') ? join(root, word.replace(root, '')) : word))
  const source =
    command.length === 2 && command[1]?.endsWith('main.ts') ? [process.execPath, join(root, 'src/main.ts')] : command
  script(join(shims, 'lynkr'), `exec ${source.join(' ')} "$@"`)
  // The Bun that is here is the one that npx would fetch; CI fetches it once for real.
  script(
    join(shims, 'npx'),
    `[ "$1 $2" = "--yes bun@${Bun.version}" ] || exit 64; shift 2; exec ${process.execPath} "$@"`,
  )
  // An answer that is an error is a failure of the block.
  writeFileSync(join(home, '.curlrc'), 'fail-with-body\nsilent\nshow-error\n')
  const env = {
    PATH: [shims, ...programs, process.env.PATH ?? ''].join(':'),
    HOME: home,
    TERM: 'dumb',
    ...Object.fromEntries(BASES.map((name) => [name, simulator])),
    ...UNHURRIED,
    ...WORKERS,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
  let server: Bun.Subprocess | null = null

  /** As Ctrl-C does; what a block has put into the background goes too. */
  async function stopServer(): Promise<void> {
    if (server === null) return
    const { pid, exited } = server
    signalGroup(pid, 'SIGINT')
    const late = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_MS_MAX)
    await exited
    clearTimeout(late)
    signalGroup(pid, 'SIGKILL')
    server = null
  }

  async function serve(text: string): Promise<Proved> {
    await stopServer()
    const log = join(home, 'server.log')
    const child = Bun.spawn(['bash', '-euo', 'pipefail', '-c', text], {
      cwd: root,
      env,
      stdin: 'ignore',
      stdout: Bun.file(log),
      stderr: Bun.file(`${log}.err`),
      detached: true,
    })
    server = child
    const ok = await answers(LYNKR, () => child.exitCode === null)
    return { ok, output: ok ? '' : (await Bun.file(log).text()) + (await Bun.file(`${log}.err`).text()) }
  }

  return {
    async prove({ text, proof }) {
      if (proof.kind === 'serves') return await serve(text)
      if (proof.kind === 'read') return { ok: true, output: '' }
      const child = Bun.spawn(['bash', '-euo', 'pipefail', '-c', `{ ${text}\n} 2>&1`], {
        cwd: root,
        env,
        stdin: 'ignore',
        stdout: 'pipe',
        timeout: RUN_MS_MAX,
      })
      const output = await child.stdout.text()
      return { ok: (await child.exited) === proof.code, output }
    },
    async close() {
      await stopServer()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Addresses of providers whose pages set a key alone. */
const BASES = ['ANTHROPIC_API_BASE', 'OPENAI_API_BASE', 'OPENROUTER_API_BASE']

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

/** A block may have started more than one process; they share its session. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
}

async function answers(url: string, isAlive: () => boolean): Promise<boolean> {
  const deadline = performance.now() + READY_MS_MAX
  while (isAlive() && performance.now() < deadline) {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => null)
    if (response?.ok === true) return true
    await Bun.sleep(50)
  }
  return false
}
