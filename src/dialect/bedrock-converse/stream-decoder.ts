import type { OutputBlock } from '../../core/block.ts'
import { CUT_SHORT } from '../../core/cut-short.ts'
import type { DecodeContext, Decoder, Frame } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { BlockDelta, FinishReason } from '../../core/event.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { STREAM_BLOCKS_MAX } from '../../core/limits.ts'
import { openEventSink } from '../event-sink.ts'
import { malformed } from '../faults.ts'
import { parseFrame } from '../frame.ts'
import { toCanonicalId } from '../tools/tool-ids.ts'
import { toolNames } from '../tools/tool-names.ts'
import { exceptionError } from './errors.ts'
import { decodeFinishReason, isBroken } from './finish-reason.ts'
import { decodeUsage } from './usage.ts'

/**
 * Events of ConverseStream as canonical ones. A block of text has no start of its own; the usage comes behind the reason
 * to stop, so that the finish waits for it. Never throws: garbage becomes an `upstream_malformed` error event.
 */
export function openStreamDecoder({ request, profile }: DecodeContext): Decoder {
  const names = toolNames(request)
  const { emit, fail, run } = openEventSink()
  /** Open blocks by their wire index. */
  const open = new Map<unknown, { readonly index: number; readonly type: OutputBlock['type'] }>()
  let blockCount = 0
  let reason: FinishReason | null = null

  function close(wire: unknown): void {
    const block = open.get(wire)
    if (block === undefined) return
    open.delete(wire)
    emit({ type: 'block_stop', index: block.index })
  }

  function start(wire: unknown, block: OutputBlock): number {
    close(wire)
    const index = blockCount++
    if (index >= STREAM_BLOCKS_MAX) throw malformed(`more than ${STREAM_BLOCKS_MAX} blocks`)
    open.set(wire, { index, type: block.type })
    emit({ type: 'block_start', index, block })
    return index
  }

  function delta(wire: unknown, head: OutputBlock | null, change: BlockDelta): void {
    const known = open.get(wire)
    const isOpen = known?.type === (head?.type ?? 'tool_use')
    if (!isOpen && head === null) throw malformed('an argument without its call')
    const index = known !== undefined && isOpen ? known.index : start(wire, head ?? TEXT)
    emit({ type: 'block_delta', index, delta: change })
  }

  function onDelta({ contentBlockIndex: wire, delta: value }: Json): void {
    const change = tryObject(value) ?? {}
    if (typeof change.text === 'string') return delta(wire, TEXT, { type: 'text', text: change.text })
    const input = tryObject(change.toolUse)?.input
    if (typeof input === 'string') return delta(wire, null, { type: 'input_json', json: input })
    const reasoning = tryObject(change.reasoningContent)
    if (typeof reasoning?.text === 'string') delta(wire, THINKING, { type: 'thinking', text: reasoning.text })
    if (typeof reasoning?.signature === 'string') {
      delta(wire, THINKING, { type: 'signature', signature: reasoning.signature })
    }
    const data = textOf(reasoning?.redactedContent)
    if (data !== '') start(wire, { type: 'redacted_thinking', data })
    if (reasoning === null) onOther(wire, change)
  }

  /** What has no form elsewhere is carried, once a block, so that its loss can be named. */
  function onOther(wire: unknown, change: Json): void {
    const { citation } = change
    if (citation !== undefined) return delta(wire, TEXT, { type: 'citation', dialect: 'bedrock-converse', citation })
    if (Object.keys(change).length === 0 || open.get(wire)?.type === 'opaque') return
    start(wire, { type: 'opaque', dialect: 'bedrock-converse', payload: change, deltas: [] })
  }

  function finish(): void {
    if (reason !== null) return emit({ type: 'finish', reason })
    fail(new ProxyError('stream_interrupted', CUT_SHORT))
  }

  function onEvent(event: string, wire: Json): void {
    switch (event) {
      case 'messageStart':
        emit({ type: 'start', id: '', model: profile.model })
        return
      case 'contentBlockStart': {
        const call = tryObject(tryObject(wire.start)?.toolUse)
        if (call === null) return
        const id = toCanonicalId(textOf(call.toolUseId))
        const name = names.toCanonical(textOf(call.name))
        start(wire.contentBlockIndex, { type: 'tool_use', id, name, inputJson: '' })
        return
      }
      case 'contentBlockDelta':
        return onDelta(wire)
      case 'contentBlockStop':
        return close(wire.contentBlockIndex)
      case 'messageStop':
        for (const [block] of open) close(block)
        if (isBroken(wire.stopReason)) return fail(exceptionError('modelErrorException', wire.stopReason))
        reason = decodeFinishReason(wire.stopReason, wire.additionalModelResponseFields)
        return
      case 'metadata':
        emit({ type: 'usage', usage: decodeUsage(wire.usage) })
        if (reason !== null) finish()
        return
      default:
        if (/exception|error/i.test(event)) fail(exceptionError(event, wire.message))
    }
  }

  return {
    push: (frame: Frame) => run(() => onEvent(frame.event, parseFrame(frame))),
    end: () => run(finish),
  }
}

const TEXT: OutputBlock = Object.freeze({ type: 'text', text: '' })
const THINKING: OutputBlock = Object.freeze({ type: 'thinking', text: '', signature: '' })
