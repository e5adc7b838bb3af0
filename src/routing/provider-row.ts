import type { DialectId, Quirks } from '../core/dialect.ts'
import type { FramingId } from '../core/framing.ts'
import type { HeaderAuth, ModelMapping, ProviderPaths } from '../core/target.ts'

/** A placeholder in an address or a path. The provider's entry in the file has a setting of the same name. */
export type ParameterName = 'apiVersion' | 'region' | 'project' | 'resource' | 'workspace'

export interface ParameterRow {
  readonly name: ParameterName
  /** In words that can follow "its". */
  readonly title: string
  /** Environment names; the first that is set counts. */
  readonly names: readonly string[]
  readonly fallback?: string
  /** The environment enables the row only if this is set, because another row uses the same key. */
  readonly isSwitch?: true
}

/** Another row that reaches the same vendor in another dialect. */
export interface FormRow {
  readonly id: string
  /** The models it works for: a name, or a prefix followed by `*`. Absent: all. */
  readonly models?: string
}

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
  /** How its streams are cut into records. Absent: server-sent events. */
  readonly framing?: FramingId
  /** Default address; `null` if only the operator can know it. */
  readonly baseUrl: string | null
  /** Path endings that operators paste along with the address, taken off so that `paths` fit. Longest first. */
  readonly baseSuffixes: readonly string[]
  /** Port of an address that names none, for servers with a port of their own. */
  readonly defaultPort?: number
  readonly keyNames: readonly string[]
  readonly baseNames: readonly string[]
  readonly modelNames: readonly string[]
  readonly auth: HeaderAuth
  /** A local server needs none: it is enabled by its address instead. */
  readonly needsKey: boolean
  /** Enabled only when named by `MODEL_PROVIDER` or in the file: another form of a row that shares its key. */
  readonly isVariant?: true
  /**
   * Rows of the same vendor, with the same key, that requests in their dialect take instead of this one. Only those that
   * keep at least as much of a request as the conversion into this row's dialect does.
   */
  readonly forms?: readonly FormRow[]
  /** Names of a token that goes as bearer where no key is set. */
  readonly bearerNames?: readonly string[]
  /**
   * How requests are signed where neither key nor bearer token is set. What signs is an account's credential, set for
   * many purposes: it enables no row by itself.
   */
  readonly signing?: { readonly type: 'aws-sigv4'; readonly service: string } | { readonly type: 'google' }
  /** Placeholders of `baseUrl`, `paths` and `headers`. */
  readonly parameters?: readonly ParameterRow[]
  /** Addresses of regions that `baseUrl` does not fit. */
  readonly regionUrls?: Readonly<Record<string, string>>
  readonly paths: ProviderPaths
  /** How model names change on the way; the first pattern that fits counts. `*` stands for the rest of the name. */
  readonly modelMap: readonly ModelMapping[]
  readonly quirks: Readonly<Quirks>
  readonly headers: Readonly<Record<string, string>>
}
