import type { AnswerMeter, Frame, FrameMeaning, Meter } from '../../core/dialect.ts'
import { type ProxyError, toProxyError } from '../../core/errors.ts'
import { extrasOf } from '../../core/extras.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { tryJson } from '../../core/try-json.ts'
import { NO_USAGE, type Usage } from '../../core/usage.ts'
import { malformed } from '../faults.ts'
import { parseFrame } from '../frame.ts'
import { failedEvent } from './error-event.ts'
import { decodeFailure } from './failure.ts'
import { frameType } from './frame-type.ts'
import { countSearches } from './tool-usage.ts'
import { decodeUsage } from './usage.ts'

/** `{"type":"response.output_text.delta",…,"delta":""}`: a delta without its content. */
const DELTA_SKELETON_BYTES = 190

/**
 * Watches a Responses stream that passes through. Frames are told by name; parsed are only the first and the last.
 */
export function openMeter(): Meter {
  let usage: Usage | null = null
  let error: ProxyError | null = null
  let model: string | null = null
  let id = ''
  let seen = NO_SEARCHES
  let contentBytes = 0
  let frames = 0
  let isEnded = false

  function note(response: Json | null): void {
    model = textOf(response?.model) || model
    id = textOf(response?.id) || id
    usage = decodeUsage(response ?? {}) ?? usage
  }

  function onEnd(type: string, event: Json): FrameMeaning {
    isEnded = true
    const response = tryObject(event.response)
    note(response)
    if (type === 'response.completed' || type === 'response.incomplete') return 'end'
    error = decodeFailure(type === 'error' ? event : (tryObject(response?.error) ?? {}))
    return 'error'
  }

  return {
    push(frame) {
      if (frame.data.length === 0) return 'prelude'
      frames++
      const type = frameType(frame)
      if (type.endsWith('.delta')) {
        contentBytes += Math.max(1, frame.data.length - DELTA_SKELETON_BYTES)
        return 'content'
      }
      try {
        switch (type) {
          case 'response.created':
          case 'response.queued':
          case 'response.in_progress':
            if (id === '') note(tryObject(parseFrame(frame).response))
            return 'prelude'
          case 'response.completed':
          case 'response.incomplete':
          case 'response.failed':
          case 'error':
            return onEnd(type, parseFrame(frame))
          case 'response.output_item.done':
            if (isSearch(frame)) seen = withSearch(seen, frame)
            return 'pause'
          default:
            return type.startsWith('response.') ? 'content' : 'prelude'
        }
      } catch (thrown) {
        error = toProxyError(thrown)
        isEnded = true
        return 'error'
      }
    },
    // What was used is told at the end: of a stream that has none, the searches that were seen are billed all the same.
    usage: () => usage ?? (seen === NO_SEARCHES ? null : { ...NO_USAGE, ...extrasOf(seen) }),
    error: () => error,
    model: () => model,
    contentBytes: () => contentBytes,
    closing: () => (isEnded ? '' : null),
    failing: (failure, requestId) => failedEvent(failure, { requestId, id, sequence: frames }),
  }
}

type Searches = ReturnType<typeof countSearches>

const NO_SEARCHES: Searches = Object.freeze({ webSearches: 0, fileSearches: 0 })

/** The kind of an item stands within so many bytes of its event. */
const KIND_BYTES = 512

function isSearch({ data }: Frame): boolean {
  const head = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, KIND_BYTES))
  return head.includes('"web_search_call"') || head.includes('"file_search_call"')
}

/** A search that failed is not billed. */
function withSearch(seen: Searches, { data }: Frame): Searches {
  const item = tryObject(tryObject(tryJson(data))?.item)
  if (item?.status !== 'completed') return seen
  const { webSearches, fileSearches } = countSearches({ output: [item] })
  return { webSearches: seen.webSearches + webSearches, fileSearches: seen.fileSearches + fileSearches }
}

/** The error that stands in the place of a response, as some gateways send one with 200; `null` where none does. */
export function tryError(json: unknown): ProxyError | null {
  const wire = tryObject(json)
  return wire?.error && !Array.isArray(wire.output) ? decodeFailure(wire) : null
}

/**
 * Reads usage and model of a whole response; `output` must be there, or it is none. An `error` object in its place is
 * thrown with the kind it deserves.
 */
export function meterResponse(json: unknown): AnswerMeter {
  const response = tryObject(json)
  const error = tryError(json)
  if (error !== null) throw error
  if (response === null || !Array.isArray(response.output)) {
    throw malformed('the upstream answered with something that is not a response')
  }
  return { usage: decodeUsage(response), model: textOf(response.model) || null }
}
