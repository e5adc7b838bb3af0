import { type ErrorKind, ProxyError, type UpstreamFailure } from '../../core/errors.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { tokenCount } from '../../core/usage.ts'
import { kindOfStatus } from '../kind-of-status.ts'
import { tryNormaliseOverflow } from './context-overflow.ts'

/** What the many shapes of an error body have in common. `code` joins code and type, lower case. */
export interface WireError {
  readonly message: string
  readonly code: string
  readonly facts: { readonly prompt: number; readonly max: number }
  /** Whether clients find the error where they look for it, in a member of that name. */
  readonly isEnveloped: boolean
}

/**
 * An upstream's refusal or failure with the kind that decides what happens next. The upstream's own bytes stay in
 * `detail.upstream`; `message` is for clients of other dialects, so overflow and quota get the wording they know.
 * A status that is no error, or a redirect, is `upstream_malformed`.
 */
export function decodeError(failure: UpstreamFailure): ProxyError {
  const wire = readErrorBody(failure.body)
  const said = wire.message === '' ? `the upstream answered with status ${failure.status}` : wire.message
  // Databricks' own form, among others, of which the clients' libraries show no word.
  const foreign = wire.message !== '' && !wire.isEnveloped && { isForeignBody: true }
  const overflow = failure.status === 429 || failure.status < 400 ? null : tryNormaliseOverflow(...overflowArgs(wire))
  if (overflow !== null) {
    // Some local servers answer 500; to clients it is a refusal all the same.
    const upstream = failure.status < 500 ? failure : { ...failure, status: 400 }
    return new ProxyError('upstream_rejected', overflow, { detail: { upstream, isContextOverflow: true, ...foreign } })
  }
  const kind = kindOf(failure.status, wire.code)
  const message = kind === 'upstream_quota' ? `the provider's quota or spend limit is reached: ${said}` : said
  return new ProxyError(kind, message, { detail: { upstream: failure, ...foreign } })
}

/** The same for an `error` object inside a stream that began with 200. */
export function decodeStreamError(chunk: Json): ProxyError {
  const wire = readErrorObject(chunk)
  const message = wire.message === '' ? 'the upstream reported an error' : wire.message
  const overflow = tryNormaliseOverflow(...overflowArgs(wire))
  if (overflow !== null) {
    return new ProxyError('upstream_rejected', overflow, { detail: { isContextOverflow: true } })
  }
  return new ProxyError(kindOf(statusOf(wire.code), wire.code), message)
}

/** The error that a choice ended in, as OpenRouter tells one that came after its head; `null` where it did not. */
export function tryChoiceError({ finish_reason: reason, error }: Json): ProxyError | null {
  return reason === 'error' || tryObject(error) !== null ? decodeStreamError({ error: error ?? {} }) : null
}

/** OpenRouter's `code` is the status that would have been sent; others only have words. */
function statusOf(code: string): number {
  const status = /\b[45]\d\d\b/.exec(code)?.[0]
  if (status !== undefined) return Number(status)
  return /rate_limit/.test(code) || QUOTA.test(code) ? 429 : 500
}

function overflowArgs(wire: WireError): [string, WireError['facts']] {
  return [`${wire.message} ${wire.code}`, wire.facts]
}

/** Codes that mean an empty account, whatever the status. 1113 is z.ai's. */
const QUOTA = /insufficient_quota|exceeded_current_quota|insufficient[_ ]balance|billing_hard_limit|(^| )1113( |$)/

function kindOf(status: number, code: string): ErrorKind {
  return status >= 400 && status < 500 && QUOTA.test(code) ? 'upstream_quota' : kindOfStatus(status)
}

const NO_ERROR: WireError = { message: '', code: '', facts: { prompt: 0, max: 0 }, isEnveloped: false }

function readErrorBody(body: Uint8Array): WireError {
  try {
    // Old Gemini-style servers wrap the object into a list of one.
    const json: unknown = JSON.parse(new TextDecoder().decode(body))
    return readErrorObject(tryObject(json) ?? tryObject(listOf(json)[0]) ?? {})
  } catch {
    // An HTML page or plain text: it tells clients nothing, and may hold anything.
    return NO_ERROR
  }
}

/** Known shapes: `{error:{message,type,code}}`, `{error:"…"}`, `{error_code,message}`, `{detail}`, `{object:"error",message}`. */
function readErrorObject(json: Json): WireError {
  const inner = tryObject(json.error) ?? json
  const message = textOf(inner.message) || textOf(json.error) || textOf(json.message) || detailText(json.detail)
  const codes = [inner.code, inner.type, json.error_code, json.code].filter(
    (code) => typeof code === 'string' || typeof code === 'number',
  )
  return {
    message,
    code: codes.join(' ').toLowerCase(),
    facts: { prompt: tokenCount(inner.n_prompt_tokens), max: tokenCount(inner.n_ctx) },
    isEnveloped: tryObject(json.error) !== null || typeof json.error === 'string',
  }
}

/** FastAPI's `detail` is a text, or a list of `{loc, msg}`. */
function detailText(detail: unknown): string {
  if (typeof detail === 'string') return detail
  return listOf(detail)
    .map((item) => {
      const { loc, msg } = tryObject(item) ?? {}
      return `${listOf(loc).join('.')}: ${textOf(msg)}`
    })
    .join('; ')
}
