import { ProxyError } from '../core/errors.ts'
import type { Fields } from '../core/fields.ts'
import type { TransportResponse } from '../core/transport.ts'
import { ChunkReader, type ReadDeps } from './chunk-reader.ts'

/**
 * Reads a whole upstream body under a limit.
 *
 * @throws ProxyError `upstream_malformed` if it is larger, or the transport's kinds if it breaks
 */
export function readWhole(deps: ReadDeps, response: TransportResponse, bytesMax: number): Promise<Uint8Array> {
  const declared = declaredBytes(response)
  if (declared === null) return readUndeclared(deps, response, bytesMax)
  return declared <= bytesMax ? readDeclared(deps, response) : refuseLarge(response, bytesMax)
}

async function readUndeclared(deps: ReadDeps, response: TransportResponse, bytesMax: number): Promise<Uint8Array> {
  const { bytes, isCut } = await readUpTo(deps, response, bytesMax)
  if (isCut) throw tooLarge(bytesMax)
  return bytes
}

async function refuseLarge(response: TransportResponse, bytesMax: number): Promise<never> {
  response.cancel()
  throw tooLarge(bytesMax)
}

function tooLarge(bytesMax: number): ProxyError {
  return new ProxyError('upstream_malformed', `the upstream's answer is larger than ${bytesMax} bytes`)
}

/** Length of a body that is sent as it is; `null` where the headers do not tell, or say two things. */
function declaredBytes({ headers }: TransportResponse): number | null {
  const length = headers.get('content-length')
  if (length === null || headers.has('content-encoding') || headers.has('transfer-encoding')) return null
  return /^\d+$/.test(length) ? Number(length) : null
}

function readDeclared({ transport }: ReadDeps, response: TransportResponse): Promise<Uint8Array> {
  return response.bytes().catch((thrown: unknown) => {
    throw transport.explain(thrown)
  })
}

/** Reads at most `bytesMax` bytes and drops the rest. */
export async function readUpTo(
  deps: ReadDeps,
  response: TransportResponse,
  bytesMax: number,
): Promise<{ bytes: Uint8Array; isCut: boolean }> {
  const reader = new ChunkReader(response, deps)
  const chunks: Uint8Array[] = []
  let room = bytesMax
  for (;;) {
    const read = await reader.read()
    if (read.type !== 'chunk') break
    chunks.push(read.bytes.subarray(0, room))
    room -= read.bytes.byteLength
    if (room < 0) {
      reader.cancel()
      break
    }
  }
  const [only] = chunks
  return { bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks), isCut: room < 0 }
}

/** True for `application/json` and its `+json` kin. */
export function isJson(headers: Pick<Fields, 'get'>): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(headers.get('content-type') ?? '')
}

/** @param mediaType in lower case, without parameters */
export function hasMediaType(headers: Pick<Fields, 'get'>, mediaType: string): boolean {
  const type = headers.get('content-type')?.toLowerCase() ?? ''
  return type.startsWith(mediaType) && (type.length === mediaType.length || /[;\s]/.test(type[mediaType.length] ?? ''))
}
