import type { Clock } from '../core/clock.ts'
import { DASHBOARD_SESSIONS_MAX } from '../core/limits.ts'

/** Who is logged in to the dashboard. Sessions live in memory: a restart logs everybody out, but not that of a worker. */
export interface Sessions {
  /** Begins a session. @returns the secret that its holder shows */
  begin(): string
  isValid(secret: string): boolean
  end(secret: string): void
  /** A session that another worker has begun or, with 0, ended. */
  adopt(hash: string, lastsMs: number): void
}

/** A working day, and a little more. */
export const SESSION_MS = 12 * 60 * 60 * 1000

const SECRET_BYTES = 32

/**
 * Only hashes of the secrets are kept, so that neither a memory dump nor the time of a lookup gives one away.
 *
 * @param onChange told of a session that begins, and with 0 of one that ends, for other workers to adopt
 */
export function openSessions(
  clock: Clock,
  secureBytes: (length: number) => Uint8Array,
  onChange: (hash: string, lastsMs: number) => void = () => undefined,
): Sessions {
  const endsAtMs = new Map<string, number>()

  function adopt(hash: string, lastsMs: number): void {
    endsAtMs.delete(hash)
    if (lastsMs === 0) return
    const oldest = endsAtMs.size < DASHBOARD_SESSIONS_MAX ? undefined : endsAtMs.keys().next().value
    if (oldest !== undefined) endsAtMs.delete(oldest)
    endsAtMs.set(hash, clock.nowMs() + lastsMs)
  }

  function change(secret: string, lastsMs: number): void {
    const hash = Bun.SHA256.hash(secret, 'hex')
    adopt(hash, lastsMs)
    onChange(hash, lastsMs)
  }

  return {
    begin() {
      const secret = secureBytes(SECRET_BYTES).toBase64({ alphabet: 'base64url', omitPadding: true })
      change(secret, SESSION_MS)
      return secret
    },
    isValid(secret) {
      const hash = Bun.SHA256.hash(secret, 'hex')
      const endMs = endsAtMs.get(hash)
      if (endMs === undefined) return false
      if (clock.nowMs() < endMs) return true
      endsAtMs.delete(hash)
      return false
    },
    end: (secret) => change(secret, 0),
    adopt,
  }
}
