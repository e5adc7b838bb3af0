import { findProgram } from '../support/debian.ts'

/** Set in the process that already runs inside, so that it does not go in again. */
const INSIDE = 'LYNKR_CLIENTS_NAMESPACE'
const PROBE_TIMEOUT_MS = 10_000

/**
 * Runs this very script again inside a network namespace whose only interface is loopback, so that a client that
 * calls home, or a proxy that calls anyone but its upstream, fails.
 *
 * @returns the inner run's exit code; null when this is the inner run, or when namespaces are not permitted here
 */
export async function runInNamespace(): Promise<number | null> {
  const isolation = isolationOf()
  if (isolation !== 'possible') return null
  const command = namespaceCommand()
  if (command === null) return null
  const inner = Bun.spawn([...command, process.execPath, ...process.argv.slice(1)], {
    env: { ...process.env, [INSIDE]: '1' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return await inner.exited
}

/** What the reader of the result should know about the network the client saw. */
export function describeIsolation(): string {
  return isolationOf() === 'inside'
    ? 'in a network namespace with only loopback'
    : 'WITHOUT a network namespace (not permitted here): non-essential traffic is off, but not impossible'
}

function isolationOf(): 'inside' | 'possible' | 'impossible' {
  if (process.env[INSIDE] === '1') return 'inside'
  return findProgram('unshare') === null ? 'impossible' : 'possible'
}

/** Root may make a namespace at once; others need a user namespace around it. */
function namespaceCommand(): readonly string[] | null {
  const unshare = findProgram('unshare')
  const ip = findProgram('ip') ?? findProgram('busybox')
  if (unshare === null || ip === null) return null
  const up = ip.endsWith('busybox') ? `${ip} ip link set lo up` : `${ip} link set lo up`
  const candidates = [['--net'], ['--map-root-user', '--net']].map((flags) => [
    unshare,
    ...flags,
    '/bin/sh',
    '-c',
    `${up} && exec "$@"`,
    'sh',
  ])
  return candidates.find((command) => succeeds([...command, 'true'])) ?? null
}

function succeeds(command: readonly string[]): boolean {
  return Bun.spawnSync([...command], { stdio: ['ignore', 'ignore', 'ignore'], timeout: PROBE_TIMEOUT_MS }).success
}
