import { shortHash } from '../../core/short-hash.ts'

/** Marks an id that stands for another one, written behind it in base64url. */
const ESCAPE = 'lynkr_'
const LEGAL = /^[A-Za-z0-9_-]+$/

/** Longest id that most servers take. */
const WIRE_CHARS_MAX = 64

/** Longest id that OpenAI's Chat endpoint takes in a request; servers that make longer ones say so in their quirks. */
export const TOOL_ID_CHARS_MAX = 40

/**
 * A chat tool id as a canonical one, which every dialect accepts (`[A-Za-z0-9_-]+`). Chat servers choose ids freely,
 * and some want their own back (Kimi: `functions.Bash:0`), so the mapping keeps all of it and needs no memory.
 * Law: `toWireId(toCanonicalId(id))` equals `id` for every id of 1 to 64 characters without lone surrogates.
 */
export function toCanonicalId(wireId: string): string {
  if (LEGAL.test(wireId) && !wireId.startsWith(ESCAPE)) return wireId
  return ESCAPE + new TextEncoder().encode(wireId).toBase64({ alphabet: 'base64url', omitPadding: true })
}

/**
 * A canonical tool id as a chat server takes it: its own original where there was one, and at most `charsMax` long.
 * A longer one becomes a hash: a server never speaks of old calls, so only call and result have to agree.
 */
export function toWireId(id: string, charsMax = WIRE_CHARS_MAX): string {
  const original = id.startsWith(ESCAPE) ? tryUnescape(id.slice(ESCAPE.length)) : id
  const wireId = original ?? id
  return wireId.length <= charsMax ? wireId : hashed(wireId)
}

/** The same for a server that takes no characters but `[A-Za-z0-9_-]`, 64 of them at most: what is legal stays. */
export function toPlainId(id: string): string {
  return LEGAL.test(id) && id.length <= WIRE_CHARS_MAX ? id : hashed(id)
}

function hashed(id: string): string {
  return `call_${shortHash(id)}${shortHash(`${id}.`)}`
}

/** An id for a call that came without one; the same for the same answer and call, so that a replay agrees. */
export function makeCallId(responseId: string, turnCount: number, callIndex: number): string {
  return `call_${shortHash(`${responseId}/${turnCount}/${callIndex}`)}`
}

function tryUnescape(encoded: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.fromBase64(encoded, { alphabet: 'base64url' }))
  } catch {
    // Not one of ours, but a client's own id that begins alike: it stays as it is.
    return null
  }
}
