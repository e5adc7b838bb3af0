/** SHA-256 of a text in hex, natively: under a microsecond for a key. */
export function sha256(text: string): string {
  return Bun.SHA256.hash(text, 'hex')
}
