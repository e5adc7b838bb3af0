import { existsSync } from 'node:fs'
import type { Environment } from './environment.ts'
import type { FileConfig } from './file-schema.ts'

/** A configuration file that was read: its content, and where each part of it stands. */
export interface ConfigFile {
  readonly config: FileConfig
  /** Providers that are listed, but so wrongly that nothing more can be said of them. */
  readonly broken: ReadonlySet<string>
  /** `/etc/lynkr/lynkr.yaml:12 providers.openai.base`, for issues found later. */
  place(path: readonly PropertyKey[]): string
}

/** Without a file everything comes from the environment. */
export const NO_FILE: ConfigFile = { config: {}, broken: new Set(), place: (path) => path.join('.') }

/**
 * Where the file is: `LYNKR_CONFIG`, else `lynkr/lynkr.yaml` in the XDG configuration folder, else in `/etc`.
 * Never the current folder, which may be somebody else's repository.
 *
 * @returns the first that exists; the one named by `LYNKR_CONFIG` even if it does not; `null` if there is none
 */
export function findConfigFile(environment: Environment): string | null {
  const { LYNKR_CONFIG, XDG_CONFIG_HOME, HOME } = environment
  if (LYNKR_CONFIG !== undefined) return LYNKR_CONFIG
  const folder = XDG_CONFIG_HOME ?? (HOME === undefined ? undefined : `${HOME}/.config`)
  const candidates = [...(folder === undefined ? [] : [`${folder}/lynkr/lynkr.yaml`]), '/etc/lynkr/lynkr.yaml']
  return candidates.find((path) => existsSync(path)) ?? null
}
