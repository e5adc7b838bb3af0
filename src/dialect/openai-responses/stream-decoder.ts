import { CUT_SHORT } from '../../core/cut-short.ts'
import type { DecodeContext, Decoder } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { StreamEvent } from '../../core/event.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { STREAM_BLOCKS_MAX } from '../../core/limits.ts'
import { openEventSink } from '../event-sink.ts'
import { malformed } from '../faults.ts'
import { parseFrame } from '../frame.ts'
import { toolNames } from '../tools/tool-names.ts'
import { decodeFailure } from './failure.ts'
import { decodeFinishReason } from './finish-reason.ts'
import { frameType } from './frame-type.ts'
import { type OpenItem, openBlockSink, openItem } from './open-item.ts'
import { decodeUsage } from './usage.ts'

export interface EventReader {
  /** One event of the stream, parsed. Throws `upstream_malformed`. */
  read(type: string, event: Json): void
}

/**
 * A Responses stream as canonical events. Never throws: garbage becomes an `upstream_malformed` error event, after
 * which nothing follows; a stream without its terminal event ends in an error.
 */
export function openStreamDecoder(context: DecodeContext): Decoder {
  const { emit, fail, run } = openEventSink()
  const reader = openEventReader(context, emit)

  return {
    push(frame) {
      if (frame.data.length === 0) return NOTHING
      const type = frameType(frame)
      if (!type.startsWith('response.') && type !== 'error') return NOTHING
      return run(() => {
        const event = parseFrame(frame)
        if (type === 'error') fail(decodeFailure(event))
        else reader.read(type, event)
      })
    },
    end: () => run(() => fail(new ProxyError('stream_interrupted', CUT_SHORT))),
  }
}

/** An output item, and its place in the output, which not every server tells. */
interface Place {
  readonly index: unknown
  readonly item: Json
}

const PROSE_DELTAS = new Set(['response.output_text.delta', 'response.refusal.delta'])

const NOTHING: readonly StreamEvent[] = Object.freeze([])

/**
 * Output items as blocks, one after another. The item that began first streams; whatever comes of others meanwhile is
 * left to the whole item that each ends with, and where that is missing too, to the last event, which holds them all.
 */
export function openEventReader({ request, profile }: DecodeContext, emit: (event: StreamEvent) => void): EventReader {
  const names = toolNames(request)
  const sink = openBlockSink(emit)
  let current: { readonly index: unknown; readonly item: OpenItem } | null = null
  let waiting: Place[] = []
  /** Places in the output whose items were told, or wait to be. */
  const told = new Set<unknown>()
  /** Places of items of which a piece went by untold, so that they are told whole or not at all. */
  const missed = new Set<unknown>()
  let itemCount = 0
  let isStarted = false
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
    if (item === null || isTold(index)) return
    told.add(index)
    if (current !== null && current.index !== index) {
      waiting.push({ index, item })
      return
    }
    if (current === null) return whole(item)
    note(item)
    current.item.done(item)
    current = null
    tellWaiting()
  }

  function tellWaiting(): void {
    for (const { item } of waiting) whole(item)
    waiting = []
  }

  function isTold(index: unknown): boolean {
    return index !== undefined && told.has(index)
  }

  /** Text whose item was not announced makes a message. */
  function onDelta(type: string, event: Json): void {
    const { output_index: index } = event
    if (current === null && PROSE_DELTAS.has(type) && !isTold(index) && !missed.has(index)) {
      current = { index, item: openItem({ type: 'message' }, sink, names) }
    }
    if (current !== null && index === current.index) current.item.delta(type, event)
    else if (index !== undefined && 'delta' in event) missed.add(index)
  }

  function onAdded({ output_index: index, item: value }: Json): void {
    const item = tryObject(value)
    if (item === null) return
    if (current !== null || missed.has(index)) missed.add(index)
    else current = { index, item: openItem(item, sink, names) }
  }

  /** Some servers tell items in the end only; those that number none are known by their count. */
  function untold(output: readonly Json[]): Place[] {
    const places = output.map((item, index) => ({ index, item }))
    if (told.has(undefined)) return places.slice(itemCount + waiting.length + (current === null ? 0 : 1))
    return places.filter(({ index }) => !told.has(index) && index !== current?.index)
  }

  function onEnd(response: Json): void {
    const output = listOf(response.output).map((item) => tryObject(item) ?? {})
    waiting.push(...untold(output))
    waiting.sort((one, two) => Number(one.index) - Number(two.index))
    if (current !== null) onDone({ output_index: current.index, item: output[Number(current.index)] ?? {} })
    tellWaiting()
    for (const index of missed) {
      if (!told.has(index) && output[Number(index)] === undefined) throw malformed('an item without its end')
    }
    const usage = decodeUsage(response)
    if (usage !== null) emit({ type: 'usage', usage })
    emit({ type: 'finish', reason: decodeFinishReason(response, { hasCalls, hasRefusal }) })
  }

  function onFailed(response: Json): void {
    const usage = decodeUsage(response)
    if (usage !== null) emit({ type: 'usage', usage })
    const { kind, message } = decodeFailure(tryObject(response.error) ?? {})
    emit({ type: 'error', kind, message })
  }

  return {
    read(type, event) {
      const response = tryObject(event.response)
      if (response !== null) start(response)
      switch (type) {
        case 'response.output_item.added':
          return onAdded(event)
        case 'response.output_item.done':
          return onDone(event)
        case 'response.completed':
        case 'response.incomplete':
          return onEnd(response ?? {})
        case 'response.failed':
          return onFailed(response ?? {})
        default:
          onDelta(type, event)
      }
    },
  }
}
