import { lookup } from 'node:dns/promises'
import type { Settings } from '../config/load.ts'
import { authority } from '../core/authority.ts'
import { isSystemError, systemProblem } from '../core/system-error.ts'

type Address = Pick<Settings, 'host' | 'port'>

/**
 * Makes sure that the port is free, as processes that share one would not notice another program of the same user on
 * it; for 0, finds one.
 *
 * @returns the port; `null` with a sentence at the terminal if it cannot be had
 */
export async function tryTakePort(address: Address): Promise<number | null> {
  const { host: hostname, port } = address
  const taken = await tryListen(() => Bun.listen({ hostname, port, socket: { data: () => undefined } }), address)
  if (taken === null) return null
  const free = taken.port
  taken.stop(true)
  return free
}

/** What `open` returns, or `null` with a sentence at the terminal. */
export async function tryListen<T>(open: () => T, { host, port }: Address): Promise<T | null> {
  try {
    return open()
  } catch (thrown) {
    const { problem, advice } = await listenProblem(thrown, host)
    process.stderr.write(`lynkr cannot listen on ${authority(host, port)}: ${problem}\n${advice}\n`)
    return null
  }
}

/** What is wrong with an address that could not be listened on, and what would mend it. */
export async function listenProblem(
  thrown: unknown,
  host: string,
): Promise<{ readonly problem: string; readonly advice: string }> {
  // Of a name that leads nowhere Bun says that the port is in use, or nothing.
  if (!(await hasAddress(host))) return { problem: 'no address has that name', advice: OTHER_HOST }
  const code = isSystemError(thrown) ? thrown.code : null
  const isOtherHost = code === 'EADDRNOTAVAIL' || code === 'EINVAL'
  const advice = isOtherHost ? OTHER_HOST : code === 'EACCES' ? HIGH_PORT : OTHER_PORT
  return { problem: systemProblem(thrown), advice }
}

const OTHER_HOST = 'Set HOST to an address of this machine.'
const OTHER_PORT = 'Set PORT to a free one, or stop what uses it.'
const HIGH_PORT = 'Set PORT to 1024 or above.'

async function hasAddress(host: string): Promise<boolean> {
  try {
    await lookup(host)
    return true
  } catch (thrown) {
    if (isSystemError(thrown)) return false
    throw thrown
  }
}
