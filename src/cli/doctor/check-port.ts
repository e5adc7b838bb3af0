import type { Settings } from '../../config/load.ts'
import { authority, localAuthority } from '../../core/authority.ts'
import { isSystemError } from '../../core/system-error.ts'
import { listenProblem } from '../take-port.ts'
import { type Finding, ok, problem } from './finding.ts'

const ANSWER_WITHIN_MS = 2_000

/** Whether lynkr can listen where it should, or already does. */
export async function checkPort({ host, port }: Pick<Settings, 'host' | 'port'>): Promise<Finding[]> {
  const place = authority(host, port)
  try {
    const server = Bun.listen({ hostname: host, port, socket: { data: () => undefined } })
    server.stop(true)
    return [ok('port', port === 0 ? `any free port of ${host}` : `${place} is free`)]
  } catch (thrown) {
    const { problem: wrong, advice } = await listenProblem(thrown, host)
    const isTaken = isSystemError(thrown) && thrown.code === 'EADDRINUSE'
    return [isTaken ? await whoListens(host, port) : problem('port', `${place}: ${wrong}`, advice)]
  }
}

async function whoListens(host: string, port: number): Promise<Finding> {
  const place = authority(host, port)
  try {
    const response = await fetch(`http://${localAuthority(host, port)}/health/live`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    const text = await response.text()
    if (response.ok && /^\{"status":"ok","pid":\d+\}$/.test(text)) return ok('port', `lynkr listens on ${place}`)
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
  }
  return problem('port', `${place} is taken by another program`, 'Set PORT to a free one, or stop that program.')
}
