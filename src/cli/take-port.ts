import type { Settings } from '../config/load.ts'
import { systemProblem } from '../core/system-error.ts'

/**
 * Makes sure that the port is free, as processes that share one would not notice another program of the same user on
 * it; for 0, finds one.
 *
 * @returns the port; `null` with a sentence at the terminal if it cannot be had
 */
export async function tryTakePort({ host, port }: Pick<Settings, 'host' | 'port'>): Promise<number | null> {
  const taken = tryListen(() => Bun.listen({ hostname: host, port, socket: { data: () => undefined } }), { host, port })
  if (taken === null) return null
  const free = taken.port
  taken.stop(true)
  return free
}

/** What `open` returns, or `null` with a sentence at the terminal. */
export function tryListen<T>(open: () => T, { host, port }: { host: string; port: number }): T | null {
  try {
    return open()
  } catch (thrown) {
    process.stderr.write(
      `lynkr cannot listen on ${host}:${port}: ${systemProblem(thrown)}\nSet PORT to a free one, or stop what uses it.\n`,
    )
    return null
  }
}
