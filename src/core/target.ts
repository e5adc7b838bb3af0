import type { DialectId, Quirks } from './dialect.ts'
import type { FramingId } from './framing.ts'
import type { Secret } from './secret.ts'

/** A header that holds the key as it is, or behind `Bearer`. */
export type HeaderAuth = 'x-api-key' | 'bearer' | 'api-key' | 'x-goog-api-key' | 'none'

/**
 * A key that is no header by itself: it signs the request, its body included (`aws-sigv4`), or is exchanged for a
 * token that lives an hour (`google`).
 */
export type SignedAuth =
  | { readonly type: 'aws-sigv4'; readonly service: string; readonly region: string }
  | { readonly type: 'google' }

/** How a provider wants its credential. */
export type AuthScheme = HeaderAuth | SignedAuth

/**
 * Whose credential requests to a provider carry: the operator's keys, the client's own, or the client's own where it
 * brings one and the operator's where not.
 */
export const CREDENTIAL_OWNERS = ['operator', 'client', 'either'] as const
export type CredentialOwner = (typeof CREDENTIAL_OWNERS)[number]

/** A provider that the operator configured: a row of the table, with its address and keys. */
export interface Provider {
  /** Row id, one of the values of `MODEL_PROVIDER`, or a name of the operator's own. */
  readonly id: string
  /** Row id of a provider with a name of the operator's own. Absent: `id` is the row's. */
  readonly row?: string
  readonly dialect: DialectId
  /** How its streams are cut into records. Absent: server-sent events. */
  readonly framing?: FramingId
  /** Scheme, host and path prefix, without a trailing slash. From the operator only, never from a caller. */
  readonly baseUrl: string
  readonly auth: AuthScheme
  readonly keys: readonly Secret[]
  readonly credential: CredentialOwner
  readonly paths: ProviderPaths
  readonly quirks: Readonly<Quirks>
  /** Headers that every request to it carries. */
  readonly headers: Readonly<Record<string, string>>
  /** How model names change on the way; the first pattern that fits counts. */
  readonly modelMap: readonly ModelMapping[]
  /** What a name becomes that no pattern fits, or `null`: it goes on as it came. */
  readonly model: string | null
  readonly catalogue: Catalogue
  /** Row of the form in which the vendor is spoken to, where that is another than the provider's own. */
  readonly form?: string
  /** The vendor's other dialects. Absent: there are none, or none is wanted. */
  readonly forms?: readonly ProviderForm[]
}

/**
 * Another way to speak to the same vendor: the provider again, with its name, keys, models and limits, but with address,
 * paths and quirks of another row. Whoever counts, rests or trips by the provider's name sees one provider.
 */
export interface ProviderForm {
  readonly provider: Provider
  /** Models for which it is taken: a name, or the beginning of names with a `*` behind. */
  readonly models: string
}

/** The models a provider is known to have. An open one may have more. */
export interface Catalogue {
  readonly models: readonly string[]
  readonly isClosed: boolean
}

export interface ModelMapping {
  /** Exact, or with one `*` at the end that stands for the rest of the name. */
  readonly from: string
  readonly to: string
  /** Takes a release date off the end of the name first: `-20251001`. */
  readonly dropsDate?: true
}

/** Paths below `baseUrl`; `{model}` is replaced by the encoded model name. `null`: the provider has no such endpoint. */
export interface ProviderPaths {
  readonly chat: string
  /** Where a streamed answer is asked for, if that is another path. */
  readonly chatStream?: string
  readonly countTokens: string | null
  readonly models: string | null
  readonly embeddings: string | null
}

/** One place where a request may be sent: provider and the model's name there. */
export interface Target {
  readonly provider: Provider
  readonly model: string
  /** Part of a route's sessions that begin here, over the sum of its weights. Absent in all: the order of the file. */
  readonly weight?: number
  /** The same place by the provider's own form, for where the server turns out not to have this one. */
  readonly ownForm?: Target
}

/** The same place without another form to turn to. */
export function inThisFormOnly({ ownForm: _, ...target }: Target): Target {
  return target
}

/** The path of a chat request, streamed or whole. */
export function chatPath({ chat, chatStream }: ProviderPaths, isStream: boolean): string {
  return isStream ? (chatStream ?? chat) : chat
}

/** Full address of one of the target's endpoints. */
export function targetUrl(target: Target, path: string): string {
  return target.provider.baseUrl + path.replace('{model}', encodeURIComponent(target.model))
}
