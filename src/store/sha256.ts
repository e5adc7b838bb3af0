/** SHA-256 of a text in hex, natively: under a microsecond for a key. */
export function sha256(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}
