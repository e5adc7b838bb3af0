import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { DASHBOARD_SESSIONS_MAX } from '../core/limits.ts'

/** Who is logged in to the dashboard. Sessions live in memory: a restart logs everybody out. */
export interface Sessions {
  /** Begins a session. @returns the secret that its holder shows */
  begin(): string
  isValid(secret: string): boolean
  end(secret: string): void
}

/** A working day, and a little more. */
export const SESSION_MS = 12 * 60 * 60 * 1000

const SECRET_BYTES = 32

/** Only hashes of the secrets are kept, so that neither a memory dump nor the time of a lookup gives one away. */
export function openSessions(clock: Clock, secureBytes: (length: number) => Uint8Array): Sessions {
  const endsAtMs = new Map<string, number>()
  return {
    begin() {
      const oldest = endsAtMs.size < DASHBOARD_SESSIONS_MAX ? undefined : endsAtMs.keys().next().value
      if (oldest !== undefined) endsAtMs.delete(oldest)
      const secret = secureBytes(SECRET_BYTES).toBase64({ alphabet: 'base64url', omitPadding: true })
      endsAtMs.set(sha256(secret), clock.nowMs() + SESSION_MS)
      return secret
    },
    isValid(secret) {
      const hash = sha256(secret)
      const endMs = endsAtMs.get(hash)
      if (endMs === undefined) return false
      if (clock.nowMs() < endMs) return true
      endsAtMs.delete(hash)
      return false
    },
    end: (secret) => void endsAtMs.delete(sha256(secret)),
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
