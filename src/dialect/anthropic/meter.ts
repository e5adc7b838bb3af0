import type { Frame, FrameMeaning, Meter } from '../../core/dialect.ts'
import type { ProxyError } from '../../core/errors.ts'
import { extrasOf } from '../../core/extras.ts'
import { textOf, tryObject } from '../../core/json.ts'
import { tryJson } from '../../core/try-json.ts'
import type { Usage } from '../../core/usage.ts'
import { frameType } from './frame-type.ts'
import { streamError } from './stream-error.ts'
import { openUsageTally } from './usage.ts'

/** The kind of a block stands within so many bytes of its first event. */
const KIND_BYTES = 256

/** `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}`: a delta without its content. */
const DELTA_SKELETON_BYTES = 80

const CLOSING = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'

/**
 * Reads a Messages stream that passes through untouched. Most frames are told by name alone; parsed are only
 * `message_start`, `message_delta` and `error`, three of a typical stream's hundreds.
 */
export function openMeter(): Meter {
  const tally = openUsageTally()
  let error: ProxyError | null = null
  let model: string | null = null
  let contentBytes = 0
  let searches = 0
  let isFinished = false
  let isEnded = false

  function onDelta(frame: Frame): FrameMeaning {
    const wire = tryObject(tryJson(frame.data))
    tally.add(wire?.usage)
    const reason = tryObject(wire?.delta)?.stop_reason
    if (typeof reason !== 'string') return isFinished ? 'finish' : 'prelude'
    isFinished = true
    return 'finish'
  }

  return {
    push(frame) {
      switch (frameType(frame)) {
        case 'content_block_delta':
          contentBytes += Math.max(1, frame.data.length - DELTA_SKELETON_BYTES)
          return 'content'
        case 'content_block_start': {
          const head = headOf(frame)
          if (isSearchResult(head)) searches++
          if (head.includes('"fallback"')) model = fallbackOf(frame) ?? model
          return 'content'
        }
        case 'content_block_stop':
          return 'pause'
        case 'message_start': {
          const message = tryObject(tryObject(tryJson(frame.data))?.message)
          tally.add(message?.usage)
          model = textOf(message?.model) || model
          return 'prelude'
        }
        case 'message_delta':
          return onDelta(frame)
        case 'message_stop':
          isEnded = true
          return 'end'
        case 'error':
          error = streamError(tryJson(frame.data), frame.data)
          return 'error'
        default:
          return 'prelude'
      }
    },
    // How many searches are billed is told at the end: of a stream that has none, those that were seen count.
    usage: () => (isFinished ? tally.usage() : withSearches(tally.usage(), searches)),
    error: () => error,
    model: () => model,
    contentBytes: () => contentBytes,
    closing() {
      if (isEnded) return ''
      return isFinished ? CLOSING : null
    },
  }
}

/** A search that failed is not billed. */
function isSearchResult(head: Buffer): boolean {
  return head.includes('"web_search_tool_result"') && !head.includes('"web_search_tool_result_error"')
}

/** The model that goes on in place of one that would not answer; `null` for any other block. */
function fallbackOf(frame: Frame): string | null {
  const block = tryObject(tryObject(tryJson(frame.data))?.content_block)
  return block?.type === 'fallback' ? textOf(tryObject(block.to)?.model) || null : null
}

function headOf({ data }: Frame): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, KIND_BYTES))
}

function withSearches(told: Usage | null, seen: number): Usage | null {
  if (told === null || seen === 0) return told
  const webSearches = Math.max(seen, told.extras?.webSearches ?? 0)
  return { ...told, ...extrasOf({ ...told.extras, webSearches }) }
}
