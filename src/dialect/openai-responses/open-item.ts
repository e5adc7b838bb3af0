import type { OutputBlock } from '../../core/block.ts'
import type { BlockDelta, StreamEvent } from '../../core/event.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { malformed } from '../faults.ts'
import { argumentText } from '../openai-chat/call-fragments.ts'
import { encodeCustomInput } from '../openai-chat/custom-calls.ts'
import { toCanonicalId } from '../tools/tool-ids.ts'
import type { ToolNames } from '../tools/tool-names.ts'
import { joinedName } from './names.ts'
import { decodeReasoningItem, reasoningText, sealReasoning } from './reasoning-seal.ts'

/** Where blocks go, one after another; indices are its own. */
export interface BlockSink {
  start(block: OutputBlock): void
  delta(delta: BlockDelta): void
  stop(): void
}

/** An output item that streams in. `done` brings it whole, which counts where deltas said less, or nothing. */
export interface OpenItem {
  delta(type: string, event: Json): void
  done(item: Json): void
}

export function openItem(item: Json, sink: BlockSink, names: ToolNames): OpenItem {
  switch (item.type) {
    case 'message':
      return openMessage(sink)
    case 'reasoning':
      return openReasoning(sink)
    case 'function_call':
      return openCall(item, sink, names)
    case 'custom_tool_call':
      return openCustomCall(item, sink, names)
    default:
      return {
        delta: () => undefined,
        done(whole) {
          sink.start({ type: 'opaque', dialect: 'openai-responses', payload: whole, deltas: [] })
          sink.stop()
        },
      }
  }
}

export function openBlockSink(emit: (event: StreamEvent) => void): BlockSink {
  let index = -1
  return {
    start: (block) => emit({ type: 'block_start', index: ++index, block }),
    delta: (delta) => emit({ type: 'block_delta', index, delta }),
    stop: () => emit({ type: 'block_stop', index }),
  }
}

/** Each content part is a block. */
function openMessage(sink: BlockSink): OpenItem {
  /** Characters told of each part, by its index; the last one is open. */
  const told: number[] = []

  function reach(index: number, kind: 'text' | 'refusal'): boolean {
    if (index < told.length - 1) return false
    if (index === told.length - 1) return true
    if (told.length > 0) sink.stop()
    while (told.length <= index) told.push(0)
    sink.start({ type: kind, text: '' })
    return true
  }

  function say(index: number, kind: 'text' | 'refusal', text: string): void {
    if (text === '' || !reach(index, kind)) return
    told[index] = (told[index] ?? 0) + text.length
    sink.delta({ type: kind, text })
  }

  return {
    delta(type, event) {
      const index = typeof event.content_index === 'number' ? event.content_index : Math.max(0, told.length - 1)
      if (type === 'response.output_text.delta') say(index, 'text', textOf(event.delta))
      else if (type === 'response.refusal.delta') say(index, 'refusal', textOf(event.delta))
      else if (type === 'response.output_text.annotation.added' && reach(index, 'text')) {
        sink.delta({ type: 'citation', dialect: 'openai-responses', citation: event.annotation })
      }
    },
    done(item) {
      listOf(item.content).forEach((value, index) => {
        const part = tryObject(value)
        const kind = part?.type === 'refusal' ? 'refusal' : 'text'
        const text = textOf(kind === 'refusal' ? part?.refusal : part?.text)
        const before = told[index]
        say(index, kind, text.slice(before ?? 0))
        if (before !== undefined || kind === 'refusal' || told[index] === undefined) return
        for (const citation of listOf(part?.annotations)) {
          sink.delta({ type: 'citation', dialect: 'openai-responses', citation })
        }
      })
      if (told.length > 0) sink.stop()
    },
  }
}

/** Summary or, of open models, the text itself: whichever comes first, since one repeats the other. */
function openReasoning(sink: BlockSink): OpenItem {
  let source = ''
  let part = 0
  let isTold = false

  function say(text: string): void {
    if (!isTold) sink.start({ type: 'thinking', text: '', signature: '' })
    isTold = true
    if (text !== '') sink.delta({ type: 'thinking', text })
  }

  return {
    delta(type, event) {
      if (type !== 'response.reasoning_summary_text.delta' && type !== 'response.reasoning_text.delta') return
      if (source === '') source = type
      if (type !== source) return
      const index = event.summary_index ?? event.content_index
      const isNext = typeof index === 'number' && index > part
      if (typeof index === 'number') part = index
      say((isNext && isTold ? '\n\n' : '') + textOf(event.delta))
    },
    done(item) {
      const whole = decodeReasoningItem(item)
      if (!isTold && whole.type === 'redacted_thinking') {
        sink.start(whole)
        sink.stop()
        return
      }
      if (!isTold) say(reasoningText(item))
      const signature = whole.type === 'thinking' ? whole.signature : sealReasoning(item)
      if (signature !== '') sink.delta({ type: 'signature', signature })
      sink.stop()
    },
  }
}

function headOf(item: Json, names: ToolNames): OutputBlock & { type: 'tool_use' } {
  const name = textOf(item.name)
  if (name === '') throw malformed('a tool call without a name')
  const id = textOf(item.call_id) || textOf(item.id)
  if (id === '') throw malformed('a tool call without an id')
  const namespace = textOf(item.namespace)
  const canonical = namespace === '' ? names.toCanonical(name) : joinedName(namespace, name)
  return { type: 'tool_use', id: toCanonicalId(id), name: canonical, inputJson: '' }
}

function openCall(item: Json, sink: BlockSink, names: ToolNames): OpenItem {
  let told = ''
  sink.start(headOf(item, names))
  const say = (json: string): void => {
    told += json
    if (json !== '') sink.delta({ type: 'input_json', json })
  }
  return {
    delta(type, event) {
      if (type === 'response.function_call_arguments.delta') say(textOf(event.delta))
    },
    done(whole) {
      const json = argumentText(whole.arguments)
      // Some servers write what they have told anew, with other blanks.
      if (json.startsWith(told)) say(json.slice(told.length))
      sink.stop()
    },
  }
}

/** Free text becomes the string in `{"input":"…"}`, which can only be written once its end is known. */
function openCustomCall(item: Json, sink: BlockSink, names: ToolNames): OpenItem {
  sink.start(headOf(item, names))
  return {
    delta: () => undefined,
    done(whole) {
      sink.delta({ type: 'input_json', json: encodeCustomInput(textOf(whole.input)) })
      sink.stop()
    },
  }
}
