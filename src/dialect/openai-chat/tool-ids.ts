import { shortHash } from './short-hash.ts'

/** Marks an id that stands for another one, written behind it in base64url. */
const ESCAPE = 'lynkr_'
const LEGAL = /^[A-Za-z0-9_-]+$/

/** Longest id that chat servers take. OpenAI refuses more than 64 characters. */
const WIRE_CHARS_MAX = 64

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
 * A canonical tool id as a chat server takes it: its own original where there was one, and at most 64 characters.
 * A longer one becomes a hash: a server never speaks of old calls, so only call and result have to agree.
 */
export function toWireId(id: string): string {
  const original = id.startsWith(ESCAPE) ? tryUnescape(id.slice(ESCAPE.length)) : id
  const wireId = original ?? id
  return wireId.length <= WIRE_CHARS_MAX ? wireId : `call_${shortHash(wireId)}${shortHash(`${wireId}.`)}`
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
