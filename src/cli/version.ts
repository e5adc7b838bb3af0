import packageJson from '../../package.json' with { type: 'json' }

/** Stamped in by the build; absent when run from source. */
declare const LYNKR_COMMIT: string | undefined

export const VERSION: string = packageJson.version
export const COMMIT: string = typeof LYNKR_COMMIT === 'string' ? LYNKR_COMMIT : 'source'

/** `lynkr 0.1.0 (commit, Bun 1.4.5)`. */
export function versionLine(): string {
  return `lynkr ${VERSION} (${COMMIT}, Bun ${Bun.version})`
}
