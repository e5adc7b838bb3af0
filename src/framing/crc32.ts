const POLYNOMIAL = 0xedb88320

/** Entry `256·k + byte`: what a byte does to the checksum with `k` zero bytes behind it. */
const TABLE = tableOf(4)

function tableOf(bytesAhead: number): Int32Array {
  const table = new Int32Array(256 * bytesAhead)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    table[byte] = crc
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256] ?? 0
    table[i] = (before >>> 8) ^ (table[before & 0xff] ?? 0)
  }
  return table
}

/**
 * CRC-32 as Ethernet, gzip and AWS event streams have it. Linear, four bytes a step. The nine ASCII digits `123456789`
 * give 0xcbf43926.
 *
 * @see IEEE 802.3, reflected, initial value and final exclusive-or of all ones
 * @see Kounavis and Berry 2008, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation" (slicing)
 */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = -1
  let i = from
  for (; i + 4 <= to; i += 4) {
    const word = crc ^ littleEndian(bytes, i)
    crc =
      (TABLE[768 + (word & 0xff)] ?? 0) ^
      (TABLE[512 + ((word >>> 8) & 0xff)] ?? 0) ^
      (TABLE[256 + ((word >>> 16) & 0xff)] ?? 0) ^
      (TABLE[word >>> 24] ?? 0)
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0)
  return ~crc >>> 0
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}
