import type { Frame } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { type FramedChunk, type Framer, NOTHING_FRAMED } from '../core/framing.ts'
import { tryObjectIn } from '../core/json.ts'
import { FRAME_BYTES_MAX } from '../core/limits.ts'
import { redactArns } from '../core/secret.ts'
import { openAwsEventFramer } from './aws-event-stream.ts'
import { openEventNames } from './event-name.ts'
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
  const nameOf = openEventNames()
  return {
    push: (chunk) => unwrap(messages.push(chunk), nameOf),
    end: () => unwrap(messages.end(), nameOf),
  }
}

type NameOf = ReturnType<typeof openEventNames>

/** A frame, and the bytes of the server-sent event that it is. */
interface Unwrapped {
  readonly frame: Frame
  readonly bytes: Uint8Array
}

function unwrap(framed: FramedChunk, nameOf: NameOf): FramedChunk {
  if (framed.frames.length === 0) return NOTHING_FRAMED
  const frames: Frame[] = []
  const ends: number[] = []
  const records: Uint8Array[] = []
  let length = 0
  for (const message of framed.frames) {
    const { frame, bytes } = message.event === 'chunk' ? unwrapChunk(message.data, nameOf) : asText(errorFrame(message))
    frames.push(frame)
    records.push(bytes)
    length += bytes.length
    ends.push(length)
  }
  const [only] = records
  return { frames, ends, complete: records.length === 1 && only !== undefined ? only : Buffer.concat(records) }
}

/** `{"bytes":"<base64>","p":"…"}`; `p` is padding, so that lengths tell an eavesdropper nothing. */
function unwrapChunk(payload: Uint8Array, nameOf: NameOf): Unwrapped {
  const base64 = tryObjectIn(decoder.decode(payload))?.bytes
  if (typeof base64 !== 'string') {
    throw new ProxyError('upstream_malformed', 'the upstream sent a chunk without its bytes')
  }
  const data = decodeBase64(base64)
  const frame = { event: typeOf(data, nameOf), data }
  // JSON holds a line end only between its tokens, where no server puts one.
  if (data.includes(LF) || data.includes(CR)) return asText(frame)
  const head = frame.event === '' ? 'data: ' : `event: ${frame.event}\ndata: `
  const bytes = new Uint8Array(head.length + data.length + 2)
  encoder.encodeInto(head, bytes)
  bytes.set(data, head.length)
  bytes[bytes.length - 2] = LF
  bytes[bytes.length - 1] = LF
  return { frame, bytes }
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text)
  } catch (cause) {
    throw new ProxyError('upstream_malformed', 'the upstream sent a chunk that is no base64', { cause })
  }
}

function asText(frame: Frame): Unwrapped {
  return { frame, bytes: encoder.encode(sseText(frame.event, decoder.decode(frame.data))) }
}

const TYPE_HEAD = encoder.encode('{"type":"')

/** Every event of the Messages API begins with its type; `''` for one that does not, or that no event is called. */
function typeOf(data: Uint8Array, nameOf: NameOf): string {
  for (let i = 0; i < TYPE_HEAD.length; i++) if (data[i] !== TYPE_HEAD[i]) return spacedTypeOf(data)
  const end = data.indexOf(QUOTE, TYPE_HEAD.length)
  if (end === -1 || end - TYPE_HEAD.length > NAME_BYTES_MAX) return ''
  const name = nameOf(data, TYPE_HEAD.length, end)
  return /^[a-z_]+$/.test(name) ? name : ''
}

const QUOTE = 0x22
const NAME_BYTES_MAX = 32

/** The same where white space stands between the tokens. */
function spacedTypeOf(data: Uint8Array): string {
  const head = /^\s*\{\s*"type"\s*:\s*"([a-z_]{1,32})"/.exec(decoder.decode(data.subarray(0, 64)))
  return head?.[1] ?? ''
}

function errorFrame({ event, data }: Frame): Frame {
  const message = String(tryObjectIn(decoder.decode(data))?.message ?? event)
  const error = { type: ERROR_TYPES[event] ?? 'api_error', message: redactArns(message) }
  return { event: 'error', data: encoder.encode(JSON.stringify({ type: 'error', error })) }
}
