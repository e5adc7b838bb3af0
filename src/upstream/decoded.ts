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
 * @throws ProxyError with code `MALFORMED_HTTP` for a coding that is not known; the answer is left as it is
 */
export function decoded(response: TransportResponse): TransportResponse {
  const coding = response.headers.get('content-encoding')?.toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return response
  const format = FORMATS[coding]
  if (format === undefined) throw malformed('the coding of its content')
  const { status, headers } = response
  let isEmpty = false
  const packed = packedStream(response, () => {
    isEmpty = true
  })
  const unpacked = fromResponse(new Response(packed.pipeThrough(new DecompressionStream(format))))
  /** What unpacks throws a `TypeError`, also for nothing at all; whatever else ended the body stays. */
  function orNothing<T>(thrown: unknown, nothing: T): T {
    if (!(thrown instanceof TypeError)) throw thrown
    if (isEmpty) return nothing
    throw malformed('what it packed')
  }
  return {
    status,
    headers,
    read: () => unpacked.read().catch((thrown: unknown) => orNothing(thrown, null)),
    bytes: () => unpacked.bytes().catch((thrown: unknown) => orNothing(thrown, new Uint8Array(0))),
    cancel: unpacked.cancel,
  }
}

/** @param onEmpty there is not a byte of it */
function packedStream(response: TransportResponse, onEmpty: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  let rest: Uint8Array | null = new Uint8Array(0)
  let hasBegun = false
  return new ReadableStream(
    {
      async pull(controller) {
        if (rest?.length === 0) rest = await response.read()
        if (rest === null) {
          if (!hasBegun) onEmpty()
          return controller.close()
        }
        hasBegun = true
        controller.enqueue(Uint8Array.from(rest.subarray(0, PACKED_BYTES)))
        rest = rest.subarray(PACKED_BYTES)
      },
      cancel: () => response.cancel(),
    },
    { highWaterMark: 0 },
  )
}
