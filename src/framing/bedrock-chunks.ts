import type { Frame } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { type FramedChunk, type Framer, NOTHING_FRAMED } from '../core/framing.ts'
import { FRAME_BYTES_MAX } from '../core/limits.ts'
import { redactArns } from '../core/secret.ts'
import { openAwsEventFramer } from './aws-event-stream.ts'
import { sseText } from './sse-writer.ts'

/** Error types of the Messages API for Bedrock's exceptions; any other is an `api_error`. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  throttlingException: 'rate_limit_error',
  validationException: 'invalid_request_error',
  serviceUnavailableException: 'overloaded_error',
  modelTimeoutException: 'timeout_error',
  accessDeniedException: 'permission_error',
}

const LF = 0x0a
const CR = 0x0d

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Bedrock's InvokeModel stream as the server-sent events it stands for: each `chunk` wraps one event of the Messages
 * API in base64, an exception is an `error` event. What it calls `complete` is therefore text that a Messages client
 * can be sent as it is.
 *
 * @param limitBytes largest message; a larger one, like any that is broken, throws `upstream_malformed`
 */
export function openBedrockChunkFramer(limitBytes = FRAME_BYTES_MAX): Framer {
  const messages = openAwsEventFramer(limitBytes)
  return {
    push: (chunk) => unwrap(messages.push(chunk)),
    end: () => unwrap(messages.end()),
  }
}

function unwrap(framed: FramedChunk): FramedChunk {
  if (framed.frames.length === 0) return NOTHING_FRAMED
  const frames: Frame[] = []
  const ends: number[] = []
  const records: Uint8Array[] = []
  let length = 0
  for (const message of framed.frames) {
    const frame = message.event === 'chunk' ? unwrapChunk(message.data) : errorFrame(message)
    const record = recordOf(frame)
    frames.push(frame)
    records.push(record)
    length += record.length
    ends.push(length)
  }
  const [only] = records
  return { frames, ends, complete: records.length === 1 && only !== undefined ? only : Buffer.concat(records) }
}

/** The frame as a server-sent event: its bytes between the names of two fields, where no line end is in them. */
function recordOf({ event, data }: Frame): Uint8Array {
  if (data.includes(LF) || data.includes(CR)) return encoder.encode(sseText(event, decoder.decode(data)))
  const head = event === '' ? 'data: ' : `event: ${event}\ndata: `
  const record = Buffer.allocUnsafe(head.length + data.length + 2)
  record.write(head, 'latin1')
  record.set(data, head.length)
  record[record.length - 2] = LF
  record[record.length - 1] = LF
  return record
}

/** `{"bytes":"<base64>","p":"…"}`; `p` is padding, so that lengths tell an eavesdropper nothing. */
function unwrapChunk(payload: Uint8Array): Frame {
  const wrapped: unknown = tryParse(payload)
  if (typeof wrapped !== 'object' || wrapped === null || !('bytes' in wrapped) || typeof wrapped.bytes !== 'string') {
    throw new ProxyError('upstream_malformed', 'the upstream sent a chunk without its bytes')
  }
  const data = Buffer.from(wrapped.bytes, 'base64')
  return { event: typeOf(data), data }
}

/** Every event of the Messages API begins with its type. */
function typeOf(data: Buffer): string {
  const head = /^\s*\{\s*"type"\s*:\s*"([a-z_]+)"/.exec(data.toString('latin1', 0, 64))
  return head?.[1] ?? ''
}

function errorFrame({ event, data }: Frame): Frame {
  const said = tryParse(data)
  const message = typeof said === 'object' && said !== null && 'message' in said ? String(said.message) : event
  const error = { type: ERROR_TYPES[event] ?? 'api_error', message: redactArns(message) }
  return { event: 'error', data: encoder.encode(JSON.stringify({ type: 'error', error })) }
}

function tryParse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload))
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return undefined
    throw notJson
  }
}
