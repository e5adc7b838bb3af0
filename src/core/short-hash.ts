/**
 * Eleven characters of base 36 (53 bits) that stand for `text`. The same in every process; for names, not for secrets.
 *
 * @see Bryc 2018, cyrb53 (public domain)
 */
export function shortHash(text: string): string {
  let low = 0xdeadbeef
  let high = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    low = Math.imul(low ^ code, 2_654_435_761)
    high = Math.imul(high ^ code, 1_597_334_677)
  }
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  return (0x20_0000 * (high >>> 0) + (low >>> 11)).toString(36).padStart(11, '0')
}
