import type { Settings } from '../../config/load.ts'
import { type Finding, ok, problem } from './finding.ts'

const ANSWER_WITHIN_MS = 2_000

/** Whether lynkr can listen where it should, or already does. */
export async function checkPort({ host, port }: Pick<Settings, 'host' | 'port'>): Promise<Finding[]> {
  const place = `${host}:${port}`
  if (port === 0) return [ok('port', 'any free port')]
  try {
    const server = Bun.listen({ hostname: host, port, socket: { data: () => undefined } })
    server.stop(true)
    return [ok('port', `${place} is free`)]
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)
    if (code === 'EADDRINUSE') return [await whoListens(host, port)]
    if (code === 'EACCES') return [problem('port', `${place} is not permitted`, 'Set PORT to 1024 or above.')]
    return [problem('port', `${place} cannot be opened: ${code}`, 'Set HOST to an address of this machine.')]
  }
}

async function whoListens(host: string, port: number): Promise<Finding> {
  const local = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const url = `http://${local.includes(':') ? `[${local}]` : local}:${port}/health/live`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    const text = await response.text()
    if (response.ok && /^\{"status":"ok","pid":\d+\}$/.test(text)) return ok('port', `lynkr listens on ${host}:${port}`)
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
  }
  return problem('port', `${host}:${port} is taken by another program`, 'Set PORT to a free one, or stop that program.')
}
