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
  return (bytes, from, to) => {
    if (from === to) return ''
    for (const name of known) if (isSame(name.bytes, bytes, from, to)) return name.text
    const own = bytes.slice(from, to)
    const text = decoder.decode(own)
    if (known.length < NAMES_MAX) known.push({ bytes: own, text })
    return text
  }
}

function isSame(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  // From the back: names of one dialect share their beginnings.
  for (let i = name.length - 1; i >= 0; i--) if (name[i] !== bytes[from + i]) return false
  return true
}
