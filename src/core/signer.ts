import type { Secret } from './secret.ts'
import type { SignedAuth } from './target.ts'
import type { TransportRequest } from './transport.ts'

/** A request that is complete but for its credential. */
export interface Unsigned<Auth extends SignedAuth> {
  readonly request: TransportRequest
  readonly auth: Auth
  /** What the operator gave: an AWS key pair, a Google key file. */
  readonly key: Secret
}

/** Headers that prove to a server whose request this is. Rejects with `upstream_auth` if there is no way to get them. */
export type Sign<Auth extends SignedAuth> = (unsigned: Unsigned<Auth>) => Promise<Readonly<Record<string, string>>>

/** One for each kind of credential that is no header by itself. */
export type Signers = { readonly [Type in SignedAuth['type']]: Sign<Extract<SignedAuth, { type: Type }>> }
