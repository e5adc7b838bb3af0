import { REQUEST_ID_CHARS_MAX } from './limits.ts'
import type { Random } from './random.ts'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'
const SAFE = /^[A-Za-z0-9_.:-]+$/

/**
 * A new request id: `req_`, nine characters of wall time in base 36, ten of chance (51 bits). Sortable by time,
 * unique for tracing; not a secret.
 */
export function newRequestId(wallMs: number, random: Random): string {
  let id = `req_${wallMs.toString(36).padStart(9, '0')}`
  for (let round = 0; round < 2; round++) {
    let bits = random() * 0x1_0000_0000
    for (let i = 0; i < 5; i++) {
      id += ALPHABET[Math.floor(bits % 36)]
      bits /= 36
    }
  }
  return id
}

/** The client's own id if it is short and harmless in a log line and a header, else `null`. */
export function acceptRequestId(header: string | null): string | null {
  return header !== null && header.length <= REQUEST_ID_CHARS_MAX && SAFE.test(header) ? header : null
}
