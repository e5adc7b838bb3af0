import { homedir, tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { isSystemError } from '../core/system-error.ts'

/** The process environment, as the one room that reads it passes it on. Empty values count as unset. */
export type Environment = Readonly<Record<string, string | undefined>>

export function readEnvironment(): Environment {
  const set = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined && value !== ''))
  return set.HOME === undefined ? { ...set, ...accountHome() } : set
}

/** Services of the system start without `HOME`; what the account says is right for them. */
function accountHome(): { readonly HOME?: string } {
  try {
    return { HOME: homedir() }
  } catch (thrown) {
    // A user id that has no account has no home either.
    if (isSystemError(thrown)) return {}
    throw thrown
  }
}

/** The home folder; `/`, which no command may have in any case, for whoever has none. */
export function homeFolder({ HOME }: Environment): string {
  return HOME ?? '/'
}

/**
 * The folder for state: `LYNKR_DATA_DIR`, else `lynkr` under the XDG data folder, else under the home folder. A whole path:
 * whoever is told of it need not know in which folder lynkr was started.
 */
export function dataFolder(environment: Environment): string {
  const { LYNKR_DATA_DIR, XDG_DATA_HOME, HOME } = environment
  if (LYNKR_DATA_DIR !== undefined) return resolve(LYNKR_DATA_DIR)
  if (XDG_DATA_HOME !== undefined) return resolve(XDG_DATA_HOME, 'lynkr')
  // Only containers run as a user without an account; nobody else is in them to lay something ready there.
  return HOME === undefined ? `${tmpdir()}/lynkr` : `${HOME}/.local/share/lynkr`
}

/** Names of the variables by which Bun finds a proxy. */
const PROXY_NAMES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']

/** Whether requests go out by a proxy, so that the upstream's own address is not ours to connect to. */
export function usesProxy(environment: Environment): boolean {
  return PROXY_NAMES.some((name) => environment[name] !== undefined)
}

/** Whether the operator told Bun to believe every certificate, which its plain sockets do not do for all of them. */
export function trustsAnybody({ NODE_TLS_REJECT_UNAUTHORIZED }: Environment): boolean {
  return NODE_TLS_REJECT_UNAUTHORIZED === '0'
}

const LOOPBACK = 'localhost,127.0.0.1,::1'

/**
 * Names loopback among what is reached without the proxy, for this process and those it starts: a proxy elsewhere knows no
 * way to the lynkr, client or model server on this machine.
 */
export function reachLoopbackDirectly(): void {
  const { no_proxy: first, NO_PROXY: second, ...environment } = readEnvironment()
  if (!usesProxy(environment)) return
  const named = first ?? second ?? ''
  const direct = named.includes(LOOPBACK) || named.trim() === '*' ? named : `${named},${LOOPBACK}`.replace(/^,/, '')
  // Programs differ in which of the two they read.
  Object.assign(process.env, { no_proxy: direct, NO_PROXY: direct })
}
