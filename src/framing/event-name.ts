/** Distinct names remembered per stream. Every dialect has fewer; a hostile stream must not grow the list. */
const NAMES_MAX = 24

interface Known {
  readonly bytes: Uint8Array
  readonly text: string
}

/** Reads `event:` values as strings without decoding the same few names a thousand times. */
export function openEventNames(): (bytes: Uint8Array, from: number, to: number) => string {
  const known: Known[] = []
  const decoder = new TextDecoder()
  /** Most events are of the same name as the one before. */
  let last: Known = { bytes: new Uint8Array(0), text: '' }
  return (bytes, from, to) => {
    if (isSame(last.bytes, bytes, from, to)) return last.text
    last = known.find((name) => isSame(name.bytes, bytes, from, to)) ?? learn(bytes.slice(from, to))
    return last.text
  }

  function learn(bytes: Uint8Array): Known {
    const name = { bytes, text: decoder.decode(bytes) }
    if (known.length < NAMES_MAX) known.push(name)
    return name
  }
}

/** True if `name` is what stands in `bytes` from `from` to `to`. */
export function isSame(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  // From the back: names of one dialect share their beginnings.
  for (let i = name.length - 1; i >= 0; i--) if (name[i] !== bytes[from + i]) return false
  return true
}
