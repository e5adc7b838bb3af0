import type { OutputBlock } from '../../core/block.ts'
import { CUT_SHORT } from '../../core/cut-short.ts'
import type { Decoder, Frame } from '../../core/dialect.ts'
import type { StreamEvent } from '../../core/event.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { tryJson } from '../../core/try-json.ts'
import type { ToolNames } from '../tools/tool-names.ts'
import { carry } from './carrier.ts'
import { decodeDelta } from './decode-delta.ts'
import { decodeFinishReason } from './finish-reason.ts'
import { frameType } from './frame-type.ts'
import { MODELLED } from './modelled.ts'
import { decodeOutputBlock } from './output-block.ts'
import { rest } from './rest.ts'
import { streamError } from './stream-error.ts'
import { openUsageTally } from './usage.ts'

const DELTA = new Set(['stop_reason', 'stop_sequence'])
const EVENT = new Set(['type', 'delta', 'usage'])
const ERROR = new Set(['message'])

type Finish = StreamEvent & { type: 'finish' }

/**
 * Reads a Messages stream. Pings and events of unknown types mean nothing to the answer and yield nothing, as the
 * API asks of readers. The finish waits for the stream's end, since more usage may follow it.
 *
 * @param names what tools were called in the request, if not as they are
 */
export function openDecoder(names?: Pick<ToolNames, 'toCanonical'>): Decoder {
  const tally = openUsageTally()
  let open: { readonly index: number; readonly block: OutputBlock } | null = null
  /** A tool's argument that came whole with the block's start: said as a delta, unless deltas follow. */
  let early: (StreamEvent & { type: 'block_delta' }) | null = null
  let finish: Finish | null = null
  let isEnded = false

  function usage(wire: unknown): StreamEvent[] {
    const isNews = tally.add(wire)
    const total = tally.usage()
    return isNews && total !== null ? [{ type: 'usage', usage: total, ...carry(tally.opaque()) }] : []
  }

  function onStart(wire: Json): StreamEvent[] {
    const message = tryObject(wire.message) ?? {}
    const id = textOf(message.id)
    return [
      { type: 'start', id, model: textOf(message.model), ...carry(rest(message, MODELLED.message)) },
      ...usage(message.usage),
    ]
  }

  function onBlockStart(wire: Json): StreamEvent[] {
    // A fallback block may stand alone, without the stop that others have.
    const before = open?.block.type === 'opaque' ? onBlockStop() : sayEarly()
    const index = typeof wire.index === 'number' ? wire.index : (open?.index ?? -1) + 1
    let block = decodeOutputBlock(tryObject(wire.content_block) ?? {})
    if (block.type === 'tool_use') {
      if (block.inputJson !== '') {
        early = { type: 'block_delta', index, delta: { type: 'input_json', json: block.inputJson } }
      }
      block = { ...block, name: names?.toCanonical(block.name) ?? block.name, inputJson: '' }
    }
    open = { index, block }
    return [...before, { type: 'block_start', index, block }]
  }

  function onBlockDelta(wire: Json): StreamEvent[] {
    const index = typeof wire.index === 'number' ? wire.index : (open?.index ?? 0)
    const delta = decodeDelta(tryObject(wire.delta) ?? {}, open?.index === index ? open.block : null)
    if (delta.type === 'input_json' && delta.json !== '' && early?.index === index) early = null
    // What says that there is no signature says nothing.
    if (delta.type === 'signature' && delta.signature === '') return []
    return [{ type: 'block_delta', index, delta }]
  }

  function onBlockStop(wire: Json = {}): StreamEvent[] {
    const index = typeof wire.index === 'number' ? wire.index : (open?.index ?? 0)
    const before = sayEarly()
    open = null
    return [...before, { type: 'block_stop', index }]
  }

  function sayEarly(): StreamEvent[] {
    const events = early === null ? [] : [early]
    early = null
    return events
  }

  function onMessageDelta(wire: Json): StreamEvent[] {
    const delta = tryObject(wire.delta) ?? {}
    const others = { ...finish?.opaque?.members, ...rest(wire, EVENT), ...rest(delta, DELTA) }
    if (typeof delta.stop_reason === 'string' || finish !== null) {
      const reason = typeof delta.stop_reason === 'string' ? null : finish?.reason
      finish = {
        type: 'finish',
        reason: reason ?? decodeFinishReason(delta.stop_reason, delta.stop_sequence),
        ...carry(Object.keys(others).length === 0 ? undefined : others),
      }
    }
    return usage(wire.usage)
  }

  function ended(...events: StreamEvent[]): StreamEvent[] {
    isEnded = true
    return [...(open?.block.type === 'opaque' ? onBlockStop() : sayEarly()), ...events]
  }

  function onError(frame: Frame, json: unknown): StreamEvent[] {
    const { kind, message } = streamError(json, frame.data)
    const error = tryObject(tryObject(json)?.error)
    return ended({ type: 'error', kind, message, ...carry(error === null ? undefined : rest(error, ERROR)) })
  }

  function onKnown(type: string, wire: Json): StreamEvent[] {
    switch (type) {
      case 'message_start':
        return onStart(wire)
      case 'content_block_start':
        return onBlockStart(wire)
      case 'content_block_delta':
        return onBlockDelta(wire)
      case 'content_block_stop':
        return onBlockStop(wire)
      case 'message_delta':
        return onMessageDelta(wire)
      case 'message_stop':
        return ended(finish ?? { type: 'finish', reason: { kind: 'end_turn' } })
      default:
        return []
    }
  }

  return {
    push(frame) {
      if (isEnded) return []
      const type = frameType(frame)
      if (type !== 'error' && !KNOWN.has(type)) return []
      const json = tryJson(frame.data)
      if (type === 'error') return onError(frame, json)
      const wire = tryObject(json)
      if (wire !== null) return onKnown(type, wire)
      return ended({
        type: 'error',
        kind: 'upstream_malformed',
        message: `the upstream sent a ${type} that is not JSON`,
      })
    },
    end() {
      if (isEnded) return []
      if (finish !== null) return ended(finish)
      return ended({ type: 'error', kind: 'stream_interrupted', message: CUT_SHORT })
    },
  }
}

const KNOWN = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
])
