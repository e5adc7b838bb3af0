import { ProxyError } from '../core/errors.ts'
import { isDeeperThan } from '../core/json-depth.ts'
import { weightProblem } from '../core/json-weight.ts'
import { ECHO_CHARS_MAX, JSON_DEPTH_MAX, STREAM_ID_CHARS_MAX } from '../core/limits.ts'
import { tryJson } from '../core/try-json.ts'

/** A message of a Responses client, as far as the connection itself acts on it. */
export interface ClientMessage {
  readonly type: string
  /** The request that a `response.create` holds, as an HTTP client would send it. */
  readonly body: string
  /** Nothing is to be generated yet. */
  readonly isWarmUp: boolean
  /** Names one of several conversations on the connection; repeated on every event. */
  readonly streamId: string | null
}

/**
 * Reads a message; `null` for what is no JSON object, or one that is nested too deep to be written. Written anew, so
 * that no member can stand in it twice.
 */
export function readMessage(text: string): ClientMessage | null {
  const json = weightProblem(text) === null ? tryJson(text) : null
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null
  if (isDeeperThan(json, JSON_DEPTH_MAX)) return null
  const { type, generate, stream_id: streamId, ...request }: Record<string, unknown> = { ...json }
  return {
    type: typeof type === 'string' ? type : '',
    body: JSON.stringify({ ...request, stream: true }),
    isWarmUp: generate === false,
    streamId: typeof streamId === 'string' ? streamId : null,
  }
}

/** Longer messages ask for an answer: the others that there are say little. */
export const OTHERS_CHARS_MAX = 4_096

/** A message that asks for an answer and is to be refused, whatever it says: to parse it would cost more than all else. */
export function unreadMessage(text: string): ClientMessage {
  return { type: 'response.create', body: text, isWarmUp: false, streamId: STREAM_ID.exec(text)?.[1] ?? null }
}

const STREAM_ID = new RegExp(`"stream_id"\\s*:\\s*"([^"\\\\]{0,${STREAM_ID_CHARS_MAX}})"`)

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
