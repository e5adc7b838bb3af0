import { ProxyError } from '../core/errors.ts'
import { textOf, tryObject } from '../core/json.ts'
import { isDeeperThan } from '../core/json-depth.ts'
import { weightProblem } from '../core/json-weight.ts'
import { ECHO_CHARS_MAX, JSON_DEPTH_MAX, STREAM_ID_CHARS_MAX } from '../core/limits.ts'
import { tryJson } from '../core/try-json.ts'

/** A message of a Responses client, as far as the connection itself acts on it. */
export interface ClientMessage {
  /** As it came. */
  readonly text: string
  readonly type: string
  /** Names one of several conversations on the connection; repeated on every event. */
  readonly streamId: string | null
  /** What it asks. Throws `invalid_request` if it turns out to be no request. */
  read(): AskedMessage
}

/** The request that a `response.create` holds. */
export interface AskedMessage {
  /** As an HTTP client would send it. */
  readonly body: string
  /** Nothing is to be generated yet. */
  readonly isWarmUp: boolean
  readonly streamId: string | null
}

/**
 * What there is to know of a message before whoever sends it is let in: all of a short one, of a long one no more than
 * its name, as only those that ask for an answer are long, and to parse one costs more than to refuse it.
 *
 * @returns `null` for what is no message, of those that are read
 */
export function openMessage(text: string): ClientMessage | null {
  if (text.length <= OTHERS_CHARS_MAX) return readMessage(text)
  return { text, type: CREATE, streamId: STREAM_ID.exec(text)?.[1] ?? null, read: () => readLong(text) }
}

/** Longer messages ask for an answer: the others that there are say little. */
const OTHERS_CHARS_MAX = 4_096

/** Type of the one message that asks for an answer. */
export const CREATE = 'response.create'

const STREAM_ID = new RegExp(`"stream_id"\\s*:\\s*"([^"\\\\]{0,${STREAM_ID_CHARS_MAX}})"`)

function readLong(text: string): AskedMessage {
  const message = readMessage(text)
  if (message === null) throw refusalOf.notJson()
  if (message.type !== CREATE) throw refusalOf.unknownType(message.type)
  if (isLongStreamId(message)) throw refusalOf.longStreamId()
  return message.read()
}

/** Whether a message names its conversation by more than every event can bear. */
export function isLongStreamId({ streamId }: Pick<ClientMessage, 'streamId'>): boolean {
  return streamId !== null && streamId.length > STREAM_ID_CHARS_MAX
}

/**
 * Reads a message; `null` for what is no JSON object, or one that is nested too deep to be written. Written anew, so
 * that no member can stand in it twice.
 */
export function readMessage(text: string): ClientMessage | null {
  const json = weightProblem(text) === null ? tryObject(tryJson(text)) : null
  if (json === null || isDeeperThan(json, JSON_DEPTH_MAX)) return null
  const { type, generate, stream_id: named, ...request } = json
  const streamId = typeof named === 'string' ? named : null
  const read = (): AskedMessage => ({
    body: JSON.stringify({ ...request, stream: true }),
    isWarmUp: generate === false,
    streamId,
  })
  return { text, type: textOf(type), streamId, read }
}

/** Why a message is not answered. */
export const refusalOf = {
  notJson: () =>
    new ProxyError('invalid_request', `a message must be a JSON object of at most ${JSON_DEPTH_MAX} levels`),
  binary: () => new ProxyError('invalid_request', 'a message must be text'),
  tooLarge: (bytesMax: number) =>
    new ProxyError('request_too_large', `the message is larger than ${bytesMax} characters`),
  unknownType: (type: string) =>
    new ProxyError('invalid_request', `type: ${JSON.stringify(type.slice(0, ECHO_CHARS_MAX))} is not known here`, {
      detail: { path: 'type' },
    }),
  longStreamId: () =>
    new ProxyError('invalid_request', `stream_id: must have at most ${STREAM_ID_CHARS_MAX} characters`, {
      detail: { path: 'stream_id' },
    }),
  inProgress: () =>
    new ProxyError('invalid_request', 'a response is in progress on this connection; wait for its end', {
      detail: { code: 'response_in_progress' },
    }),
  leaving: () => new ProxyError('shutting_down', 'lynkr is going away; connect again'),
  tooOld: () =>
    new ProxyError('invalid_request', 'the connection has reached its age limit; connect again', {
      detail: { code: 'websocket_connection_limit_reached' },
    }),
} as const
