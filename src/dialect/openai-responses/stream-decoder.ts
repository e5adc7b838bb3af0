import type { DecodeContext, Decoder } from '../../core/dialect.ts'
import { ProxyError, toProxyError } from '../../core/errors.ts'
import type { StreamEvent } from '../../core/event.ts'
import { STREAM_BLOCKS_MAX } from '../../core/limits.ts'
import { toolNames } from '../openai-chat/tool-names.ts'
import { type Json, listOf, malformed, textOf, tryObject } from '../openai-chat/wire.ts'
import { decodeFailure } from './failure.ts'
import { decodeFinishReason } from './finish-reason.ts'
import { frameType, parseEvent } from './frame.ts'
import { type OpenItem, openBlockSink, openItem } from './open-item.ts'
import { decodeUsage } from './usage.ts'

export interface EventReader {
  /** One event of the stream, parsed. Throws `upstream_malformed`. */
  read(type: string, event: Json): void
  isEnded(): boolean
}

/**
 * A Responses stream as canonical events. Never throws: garbage becomes an `upstream_malformed` error event, after
 * which nothing follows; a stream without its terminal event ends in an error.
 */
export function openStreamDecoder(context: DecodeContext): Decoder {
  let out: StreamEvent[] = []
  let hasFailed = false
  const reader = openEventReader(context, (event) => out.push(event))

  function fail(error: ProxyError): void {
    hasFailed = true
    out.push({ type: 'error', kind: error.kind, message: error.message })
  }

  return {
    push(frame) {
      if (hasFailed || reader.isEnded() || frame.data.length === 0) return NOTHING
      const type = frameType(frame)
      if (!type.startsWith('response.') && type !== 'error') return NOTHING
      out = []
      try {
        const event = parseEvent(frame)
        if (type === 'error') fail(decodeFailure(event))
        else reader.read(type, event)
      } catch (thrown) {
        fail(toProxyError(thrown))
      }
      return out
    },
    end() {
      if (hasFailed || reader.isEnded()) return NOTHING
      out = []
      fail(new ProxyError('stream_interrupted', 'the upstream ended its answer before it was complete'))
      return out
    },
  }
}

const NOTHING: readonly StreamEvent[] = Object.freeze([])

/**
 * Output items as blocks, one after another. The item that began first streams; whatever comes of others meanwhile is
 * left to the whole item that each ends with.
 */
export function openEventReader({ request, profile }: DecodeContext, emit: (event: StreamEvent) => void): EventReader {
  const names = toolNames(request)
  const sink = openBlockSink(emit)
  let current: { readonly index: unknown; readonly item: OpenItem } | null = null
  let waiting: Json[] = []
  let itemCount = 0
  let isStarted = false
  let isEnded = false
  let hasCalls = false
  let hasRefusal = false

  function start(response: Json): void {
    if (isStarted) return
    isStarted = true
    emit({ type: 'start', id: textOf(response.id), model: textOf(response.model) || profile.model })
  }

  function note(item: Json): void {
    if (++itemCount > STREAM_BLOCKS_MAX) throw malformed(`more than ${STREAM_BLOCKS_MAX} items`)
    hasCalls ||= item.type === 'function_call' || item.type === 'custom_tool_call'
    hasRefusal ||= listOf(item.content).some((part) => tryObject(part)?.type === 'refusal')
  }

  function whole(item: Json): void {
    note(item)
    openItem(item, sink, names).done(item)
  }

  function onDone({ output_index: index, item: value }: Json): void {
    const item = tryObject(value)
    if (item === null) return
    if (current !== null && current.index !== index) {
      waiting.push(item)
      return
    }
    if (current === null) return whole(item)
    note(item)
    current.item.done(item)
    current = null
    for (const other of waiting) whole(other)
    waiting = []
  }

  function onEnd(response: Json): void {
    const output = listOf(response.output).map((item) => tryObject(item) ?? {})
    if (current !== null) onDone({ output_index: current.index, item: output[Number(current.index)] ?? {} })
    // Some servers tell items in the end only.
    if (itemCount === 0) output.forEach(whole)
    const usage = tryObject(response.usage)
    if (usage !== null) emit({ type: 'usage', usage: decodeUsage(usage) })
    isEnded = true
    emit({ type: 'finish', reason: decodeFinishReason(response, { hasCalls, hasRefusal }) })
  }

  function onFailed(response: Json): void {
    const usage = tryObject(response.usage)
    if (usage !== null) emit({ type: 'usage', usage: decodeUsage(usage) })
    isEnded = true
    const { kind, message } = decodeFailure(tryObject(response.error) ?? {})
    emit({ type: 'error', kind, message })
  }

  return {
    read(type, event) {
      const response = tryObject(event.response)
      if (response !== null) start(response)
      switch (type) {
        case 'response.output_item.added': {
          const item = tryObject(event.item)
          if (item !== null && current === null)
            current = { index: event.output_index, item: openItem(item, sink, names) }
          return
        }
        case 'response.output_item.done':
          return onDone(event)
        case 'response.completed':
        case 'response.incomplete':
          return onEnd(response ?? {})
        case 'response.failed':
          return onFailed(response ?? {})
        default:
          if (current !== null && event.output_index === current.index) current.item.delta(type, event)
      }
    },
    isEnded: () => isEnded,
  }
}
