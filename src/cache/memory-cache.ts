/** Answers kept in memory, bounded by bytes, by count and by age; the least recently used leave first. */
export interface MemoryCache {
  /** @returns the body, and its age in ms; `null` if there is none that young */
  get(key: string, wallMs: number, ageMaxMs: number | null): CachedBody | null
  put(key: string, body: Uint8Array, wallMs: number): void
  bytes(): number
}

export interface CachedBody {
  readonly body: Uint8Array
  readonly ageMs: number
}

export interface CacheBounds {
  readonly bytesMax: number
  readonly ageMaxMs: number
}

/** What an entry costs beside its body: key, map slot, object. */
const ENTRY_BYTES = 256

export function openMemoryCache({ bytesMax, ageMaxMs }: CacheBounds): MemoryCache {
  const entries = new Map<string, { readonly body: Uint8Array; readonly storedWallMs: number }>()
  let bytes = 0

  function drop(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    bytes -= entry.body.byteLength + ENTRY_BYTES
  }

  return {
    get(key, wallMs, youngerThanMs) {
      const entry = entries.get(key)
      if (entry === undefined) return null
      // A clock that went back makes an entry younger than new; it is dropped, not served for longer.
      const ageMs = wallMs - entry.storedWallMs
      if (ageMs < 0 || ageMs >= ageMaxMs) {
        drop(key)
        return null
      }
      if (youngerThanMs !== null && ageMs > youngerThanMs) return null
      entries.delete(key)
      entries.set(key, entry)
      return { body: entry.body, ageMs }
    },
    put(key, body, wallMs) {
      drop(key)
      const size = body.byteLength + ENTRY_BYTES
      if (size > bytesMax) return
      for (const oldest of entries.keys()) {
        if (bytes + size <= bytesMax) break
        drop(oldest)
      }
      entries.set(key, { body, storedWallMs: wallMs })
      bytes += size
    },
    bytes: () => bytes,
  }
}
