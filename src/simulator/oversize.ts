const SLICE_BYTES = 64 * 1024
const SPACE = 0x20

/**
 * At least `bytes` of a body that stays valid: a stream repeats its first record that carries text, JSON is preceded
 * by white space. Made as it is sent; memory stays at one slice.
 */
export function hugeBody(body: Uint8Array | Iterable<Uint8Array>, bytes: number): Iterable<Uint8Array> {
  return body instanceof Uint8Array ? padded(body, bytes) : repeated(body, bytes)
}

/** A stream whose first record is followed by one line of `bytes`, never ended; JSON as `hugeBody`. */
export function hugeLine(body: Uint8Array | Iterable<Uint8Array>, bytes: number): Iterable<Uint8Array> {
  return body instanceof Uint8Array ? padded(body, bytes) : endlessLine(body, bytes)
}

/** White space that unpacks to `bytes`, about a thousandth of it on the wire. */
export function* gzipBomb(bytes: number): Generator<Uint8Array> {
  const mega = new Uint8Array(1024 * 1024).fill(SPACE)
  const packed = pack(mega)
  let crc = 0
  yield new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
  for (let left = bytes; left > 0; left -= mega.byteLength) {
    const slice = left >= mega.byteLength ? mega : mega.subarray(0, left)
    crc = Bun.hash.crc32(slice, crc)
    yield slice === mega ? packed : pack(slice)
  }
  const tail = Buffer.alloc(10)
  tail.writeUInt16LE(0x0003, 0)
  tail.writeUInt32LE(crc, 2)
  tail.writeUInt32LE(bytes % 0x1_0000_0000, 6)
  yield tail
}

/** Deflated up to a byte border, so that such blocks can follow one another. */
function pack(bytes: Uint8Array): Uint8Array {
  const { deflateRawSync, constants } = loadZlib()
  return deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH })
}

/** Loaded by whoever makes a bomb: it takes several milliseconds. */
function loadZlib(): typeof import('node:zlib') {
  return require('node:zlib')
}

function* padded(body: Uint8Array, bytes: number): Generator<Uint8Array> {
  yield* filler(bytes, SPACE)
  yield body
}

function* repeated(records: Iterable<Uint8Array>, bytes: number): Generator<Uint8Array> {
  let sent = 0
  for (const record of records) {
    yield record
    sent += record.byteLength
    if (sent >= bytes || !isText(record)) continue
    for (; sent < bytes; sent += record.byteLength) yield record
  }
}

function isText(record: Uint8Array): boolean {
  return /"type":"text_delta"|"delta":\{"content":"./.test(new TextDecoder().decode(record))
}

function* endlessLine(records: Iterable<Uint8Array>, bytes: number): Generator<Uint8Array> {
  for (const record of records) {
    yield record
    break
  }
  yield new TextEncoder().encode('data: ')
  yield* filler(bytes, 'a'.charCodeAt(0))
}

function* filler(bytes: number, value: number): Generator<Uint8Array> {
  const slice = new Uint8Array(SLICE_BYTES).fill(value)
  for (let left = bytes; left > 0; left -= SLICE_BYTES) yield left >= SLICE_BYTES ? slice : slice.subarray(0, left)
}
