import type { TransportResponse } from '../core/transport.ts'
import { fromResponse } from './fetch-transport.ts'
import { malformed } from './http1/malformed.ts'

const FORMATS: Readonly<Record<string, Bun.CompressionFormat>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'brotli',
  zstd: 'zstd',
}

/** Unpacked at a time: it may become a thousand times as much. */
const PACKED_BYTES = 16 * 1_024

/**
 * An answer as its reader wants it, although its server compressed it, which nobody asked for. Any other is handed back.
 *
 * @returns its `read` and `bytes` reject with code `MALFORMED_HTTP` where it is not packed as it says
 * @throws Error with code `MALFORMED_HTTP` for a coding that is not known; the answer is left as it is
 */
export function decoded(response: TransportResponse): TransportResponse {
  const coding = response.headers.get('content-encoding')?.toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return response
  const format = FORMATS[coding]
  if (format === undefined) throw malformed('the coding of its content')
  const { status, headers } = response
  const stream = packedStream(response).pipeThrough(new DecompressionStream(format))
  const unpacked = fromResponse(new Response(stream))
  return {
    status,
    headers,
    read: () => unpacked.read().catch(notPacked),
    bytes: () => unpacked.bytes().catch(notPacked),
    cancel: unpacked.cancel,
  }
}

/** What unpacks throws a `TypeError`; whatever else ended the body stays. */
function notPacked(thrown: unknown): never {
  throw thrown instanceof TypeError ? malformed('what it packed') : thrown
}

function packedStream(response: TransportResponse): ReadableStream<Uint8Array<ArrayBuffer>> {
  let rest: Uint8Array | null = new Uint8Array(0)
  return new ReadableStream(
    {
      async pull(controller) {
        if (rest?.length === 0) rest = await response.read()
        if (rest === null) return controller.close()
        controller.enqueue(Uint8Array.from(rest.subarray(0, PACKED_BYTES)))
        rest = rest.subarray(PACKED_BYTES)
      },
      cancel: () => response.cancel(),
    },
    { highWaterMark: 0 },
  )
}
