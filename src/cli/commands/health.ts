import { readEnvironment } from '../../config/environment.ts'
import { formatIssues } from '../../config/issue.ts'
import { loadAddress } from '../../config/load.ts'
import { localAuthority } from '../../core/authority.ts'
import { holdingScheduler, sleep } from '../../core/clock.ts'
import { systemProblem } from '../../core/system-error.ts'
import { tryJson } from '../../core/try-json.ts'
import { isServer } from '../is-server.ts'

const ANSWER_WITHIN_MS = 3_000

/** What was heard of the instance that the same settings would start. */
type Heard = { readonly url: string; readonly status: number; readonly text: string } | { readonly problem: string }

async function ask(path: string): Promise<Heard> {
  const loaded = loadAddress(readEnvironment())
  if ('issues' in loaded) return { problem: formatIssues(loaded.issues) }
  const { host, port } = loaded.address
  const url = `http://${localAuthority(host, port)}${path}`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    return { url, status: response.status, text: await response.text() }
  } catch (thrown) {
    return { problem: `${url} does not answer: ${systemProblem(thrown)}\n` }
  }
}

/**
 * `lynkr healthcheck`: asks the instance on this machine how it is, for containers without a shell.
 *
 * @returns exit code: 0 if it is alive (with `--ready`: ready), else 1
 */
export async function healthcheck({ ready }: { ready: boolean }): Promise<number> {
  const heard = await ask(ready ? '/health/ready' : '/health/live')
  if ('problem' in heard) {
    process.stderr.write(heard.problem)
    return 1
  }
  process.stdout.write(`${heard.text}\n`)
  return heard.status === 200 ? 0 : 1
}

/**
 * `lynkr drain`: tells the instance on this machine to go unready, then waits: a preStop hook without a shell. The
 * instance itself says which process it is, and that must be a lynkr here: a signal ends what does not expect it.
 *
 * @returns exit code: 0 once the time is over, 1 if there is no instance to tell
 */
export async function drain({ wait }: { wait: number }): Promise<number> {
  const heard = await ask('/health/live')
  const pid = 'problem' in heard ? null : pidOf(heard.text)
  if (pid === null) {
    process.stderr.write('problem' in heard ? heard.problem : 'what answers there is not lynkr\n')
    return 1
  }
  if (!isServer(pid)) {
    const where = 'it runs elsewhere, as in a container, or is not lynkr'
    process.stderr.write(`what answers calls itself process ${pid}, which is no lynkr here: ${where}\n`)
    return 1
  }
  process.kill(pid, 'SIGUSR1')
  process.stdout.write(`lynkr (process ${pid}) is not ready any more; waiting ${wait} s\n`)
  await sleep(holdingScheduler, wait * 1_000)
  return 0
}

function pidOf(text: string): number | null {
  const pid: unknown = Object(tryJson(text)).pid
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 ? pid : null
}
