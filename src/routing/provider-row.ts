import type { DialectId, Quirks } from '../core/dialect.ts'
import type { AuthScheme, ModelMapping, ProviderPaths } from '../core/target.ts'

/**
 * A kind of upstream, as data: a new one is one more row and no code. Its id is a value of `MODEL_PROVIDER`.
 *
 * `<ID>_API_KEY`, `<ID>_API_BASE` and `<ID>_MODEL` (upper case, dashes as underscores) always set its key, address
 * and model, besides the customary names given here; of several the first that is set counts.
 */
export interface ProviderRow {
  readonly id: string
  readonly title: string
  readonly dialect: DialectId
  /** Default address; `null` if only the operator can know it. */
  readonly baseUrl: string | null
  /** Path endings that operators paste along with the address, taken off so that `paths` fit. Longest first. */
  readonly baseSuffixes: readonly string[]
  /** Port of an address that names none, for servers with a port of their own. */
  readonly defaultPort?: number
  readonly keyNames: readonly string[]
  readonly baseNames: readonly string[]
  readonly modelNames: readonly string[]
  readonly auth: AuthScheme
  /** A local server needs none: it is enabled by its address instead. */
  readonly needsKey: boolean
  /** Enabled only when named by `MODEL_PROVIDER` or in the file: another form of a row that shares its key. */
  readonly isVariant?: true
  /** Values for `{apiVersion}` in `paths`. With it set the row is enabled, without it not. */
  readonly apiVersionNames?: readonly string[]
  readonly paths: ProviderPaths
  /** How model names change on the way; the first pattern that fits counts. `*` stands for the rest of the name. */
  readonly modelMap: readonly ModelMapping[]
  readonly quirks: Readonly<Quirks>
  readonly headers: Readonly<Record<string, string>>
}
