import { type Json, tryObject } from '../../core/json.ts'
import type { ChatRequest } from '../../core/request.ts'
import { invalid } from '../faults.ts'

/** What the bodies of both of OpenAI's dialects have in common. */
export interface Head {
  readonly model: string
  readonly stream: boolean
  readonly json: Json
  readonly outline: Json
}

/** `null` says as little as absence. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

/**
 * The head of a body. As all readers of its members, it throws `invalid_request` with the path of what is wrong.
 *
 * @param shape the same body, its long texts cut
 */
export function readHead(value: unknown, shape: unknown): Head {
  const json = tryObject(value)
  const outline = tryObject(shape)
  if (json === null || outline === null) throw invalid('', 'the body must be a JSON object')
  const { model, stream } = json
  if (typeof model !== 'string' || model === '') throw invalid('model', 'must be a non-empty string')
  if (!isAbsent(stream) && typeof stream !== 'boolean') throw invalid('stream', 'must be true or false')
  return { model, stream: stream === true, json, outline }
}

/** A limit on the output, in tokens; `null` if there is none. */
export function readLimit(body: Json, field: string): number | null {
  const limit = body[field]
  if (isAbsent(limit)) return null
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1) return limit
  throw invalid(field, 'must be a whole number of at least 1')
}

/** An absent list is an empty one. */
export function readList(value: unknown, path: string): readonly unknown[] {
  if (isAbsent(value)) return []
  if (!Array.isArray(value)) throw invalid(path, 'must be a list')
  return value
}

/** `temperature` and `top_p`. */
export function readSampling(body: Json): ChatRequest['sampling'] {
  const temperature = readNumber(body, 'temperature')
  const topP = readNumber(body, 'top_p')
  return { ...(temperature !== null && { temperature }), ...(topP !== null && { topP }) }
}

function readNumber(body: Json, field: string): number | null {
  const value = body[field]
  if (isAbsent(value)) return null
  if (typeof value !== 'number') throw invalid(field, 'must be a number')
  return value
}

/** `stream_options` as far as they are wishes; one for no padding is met, since lynkr writes none. */
export function streamWishes({ stream_options: options }: Json): Json | null {
  const wire = tryObject(options)
  if (wire?.include_obfuscation !== false) return wire
  const { include_obfuscation: _, ...others } = wire
  return others
}
