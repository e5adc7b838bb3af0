import { tmpdir } from 'node:os'

/** The process environment, as the one room that reads it passes it on. Empty values count as unset. */
export type Environment = Readonly<Record<string, string | undefined>>

export function readEnvironment(): Environment {
  return Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined && value !== ''))
}

/** The folder for state: `LYNKR_DATA_DIR`, else `lynkr` under the XDG data folder, else under the home folder. */
export function dataFolder(environment: Environment): string {
  const { LYNKR_DATA_DIR, XDG_DATA_HOME, HOME } = environment
  if (LYNKR_DATA_DIR !== undefined) return LYNKR_DATA_DIR
  if (XDG_DATA_HOME !== undefined) return `${XDG_DATA_HOME}/lynkr`
  return HOME === undefined ? `${tmpdir()}/lynkr` : `${HOME}/.local/share/lynkr`
}

/** Names of the variables by which Bun finds a proxy. */
const PROXY_NAMES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']

/** Whether requests go out by a proxy, so that the upstream's own address is not ours to connect to. */
export function usesProxy(environment: Environment): boolean {
  return PROXY_NAMES.some((name) => environment[name] !== undefined)
}
