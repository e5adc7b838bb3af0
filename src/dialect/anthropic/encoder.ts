import { assertNever } from '../../core/assert.ts'
import type { OutputBlock } from '../../core/block.ts'
import type { Encoder, EncoderOptions } from '../../core/dialect.ts'
import { ERROR_TRAITS } from '../../core/errors.ts'
import type { BlockDelta, StreamEvent } from '../../core/event.ts'
import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import { NO_USAGE } from '../../core/usage.ts'
import { encodeFinishReason } from './finish-reason.ts'
import { tryEncodeOutputBlock } from './output-block.ts'
import { messageId } from './response.ts'
import { UNSIGNED } from './thinking-signature.ts'
import { encodeUsage } from './usage.ts'

/** Members of `message_delta` that stand beside its `delta`, not in it. */
const BESIDE_DELTA = new Set(['context_management', 'input_transformations'])

/**
 * Writes a Messages stream. The start waits for the event after it, because `message_start` tells usage if it is
 * known; later usage goes into the one `message_delta` at the end. Blocks of another dialect that have no form here
 * are left out, and indices stay dense.
 */
export function openEncoder(options: EncoderOptions): Encoder {
  let start: (StreamEvent & { type: 'start' }) | null = null
  /** Some servers tell it with every piece: it is written twice at the most. */
  let usage: StreamEvent & { type: 'usage' } = { type: 'usage', usage: NO_USAGE }
  /** Json index of the open block, `null` where none is open or it has no form here. */
  let open: number | null = null
  /** Whether thinking is open that has told no signature yet. */
  let isUnsigned = false
  let next = 0

  function flushStart(): string {
    if (start === null) return ''
    const message = {
      ...opaqueMembers(start.opaque, 'anthropic'),
      id: messageId(start.id, options),
      type: 'message',
      role: 'assistant',
      model: start.model || options.request.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: wireUsage(usage),
    }
    start = null
    return wireEvent('message_start', { message })
  }

  function onBlockStart(block: OutputBlock): string {
    const skeleton = trySkeleton(block)
    if (skeleton === null) return ''
    open = next++
    isUnsigned = block.type === 'thinking'
    const text = wireEvent('content_block_start', { index: open, content_block: skeleton })
    return text + headDeltas(block).map(onDelta).join('')
  }

  function onDelta(delta: BlockDelta): string {
    if (open !== null && delta.type === 'text') return textDelta(open, delta.text)
    if (delta.type === 'signature' && delta.signature !== '') isUnsigned = false
    const wire = tryEncodeDelta(delta)
    return open === null || wire === null ? '' : wireEvent('content_block_delta', { index: open, delta: wire })
  }

  function onBlockStop(): string {
    if (open === null) return ''
    const mark = isUnsigned ? onDelta({ type: 'signature', signature: UNSIGNED }) : ''
    const text = wireEvent('content_block_stop', { index: open })
    open = null
    return mark + text
  }

  function onFinish(event: StreamEvent & { type: 'finish' }): string {
    const delta: Record<string, unknown> = encodeFinishReason(event.reason)
    const beside: Record<string, unknown> = {}
    const members = opaqueMembers(event.opaque, 'anthropic')
    for (const name of Object.keys(members)) {
      const target = BESIDE_DELTA.has(name) ? beside : delta
      target[name] = members[name]
    }
    return wireEvent('message_delta', { delta, usage: wireUsage(usage), ...beside }) + wireEvent('message_stop', {})
  }

  return {
    push(event) {
      if (event.type === 'start') {
        start = event
        return ''
      }
      if (event.type === 'usage') {
        usage = event
        return flushStart()
      }
      return flushStart() + encode(event)
    },
  }

  function encode(event: Exclude<StreamEvent, { type: 'start' | 'usage' }>): string {
    switch (event.type) {
      case 'block_start':
        return onBlockStart(event.block)
      case 'block_delta':
        return onDelta(event.delta)
      case 'block_stop':
        return onBlockStop()
      case 'finish':
        return onFinish(event)
      case 'error': {
        const type = ERROR_TRAITS[event.kind].wire.anthropic.type
        const error = { type, ...opaqueMembers(event.opaque, 'anthropic'), message: event.message }
        return wireEvent('error', { error, request_id: options.requestId })
      }
      default:
        return assertNever(event)
    }
  }
}

/** Most of every stream: written without an object in between. */
function textDelta(index: number, text: string): string {
  const delta = `{"type":"text_delta","text":${JSON.stringify(text)}}`
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${delta}}\n\n`
}

function wireUsage({ usage, opaque }: StreamEvent & { type: 'usage' }): Json {
  return encodeUsage(usage, opaqueMembers(opaque, 'anthropic'))
}

/** JSON text holds no line end, so one `data` line is enough. */
function wireEvent(type: string, members: Json): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

/** The block without what deltas say. */
function trySkeleton(block: OutputBlock): Json | null {
  switch (block.type) {
    case 'text': {
      const { citations: _, ...plain } = block
      return tryEncodeOutputBlock({ ...plain, text: '' })
    }
    case 'refusal':
      return tryEncodeOutputBlock({ ...block, text: '' })
    case 'thinking':
      return { ...tryEncodeOutputBlock({ ...block, text: '' }), signature: '' }
    case 'tool_use':
      return tryEncodeOutputBlock({ ...block, inputJson: '' })
    case 'opaque':
      return tryEncodeOutputBlock({ ...block, deltas: [] })
    case 'redacted_thinking':
      return tryEncodeOutputBlock(block)
    default:
      return assertNever(block)
  }
}

/** What a block brought along at its start, as deltas: clients begin every block empty. */
function headDeltas(block: OutputBlock): BlockDelta[] {
  switch (block.type) {
    case 'text': {
      const deltas: BlockDelta[] = block.text === '' ? [] : [{ type: 'text', text: block.text }]
      const { dialect, items } = block.citations ?? { dialect: 'anthropic', items: [] }
      return [...deltas, ...items.map((citation): BlockDelta => ({ type: 'citation', dialect, citation }))]
    }
    case 'refusal':
      return block.text === '' ? [] : [{ type: 'refusal', text: block.text }]
    case 'thinking': {
      const deltas: BlockDelta[] = block.text === '' ? [] : [{ type: 'thinking', text: block.text }]
      return block.signature === '' ? deltas : [...deltas, { type: 'signature', signature: block.signature }]
    }
    case 'tool_use':
      return block.inputJson === '' ? [] : [{ type: 'input_json', json: block.inputJson }]
    case 'opaque':
      return block.deltas.map((payload) => ({ type: 'opaque', dialect: block.dialect, payload }))
    case 'redacted_thinking':
      return []
    default:
      return assertNever(block)
  }
}

function tryEncodeDelta(delta: BlockDelta): unknown {
  switch (delta.type) {
    case 'text':
    case 'refusal':
      return { type: 'text_delta', text: delta.text }
    case 'thinking':
      return { ...opaqueMembers(delta.opaque, 'anthropic'), type: 'thinking_delta', thinking: delta.text }
    case 'signature':
      return { type: 'signature_delta', signature: delta.signature }
    case 'input_json':
      return { type: 'input_json_delta', partial_json: delta.json }
    case 'citation':
      return delta.dialect === 'anthropic' ? { type: 'citations_delta', citation: delta.citation } : null
    case 'opaque':
      return delta.dialect === 'anthropic' ? delta.payload : null
    default:
      return assertNever(delta)
  }
}
