import type { OutputBlock, ToolUseBlock } from '../../core/block.ts'
import type { BlockDelta } from '../../core/event.ts'
import { type Json, textOf } from '../../core/json.ts'
import { openFreeTextScan } from './free-text-scan.ts'
import { type CallForms, callItem, messageItem, outputText, tryOutputItem } from './output-item.ts'

/** Where an item stands: its own id, and its place in the response's output. */
export interface ItemPlace {
  readonly id: string
  readonly index: number
  readonly forms: CallForms
}

/** Writes one output item: `open` at once, deltas as they come, and `close`, after which `item` is whole. */
export interface ItemWriter {
  open(): string
  delta(delta: BlockDelta): string
  close(): string
  item(): Json
}

/** Writes a numbered event. */
export type Emit = (type: string, members: Json) => string

/** `null` for a block of another dialect that has no form here. */
export function tryItemWriter(block: OutputBlock, place: ItemPlace, emit: Emit): ItemWriter | null {
  switch (block.type) {
    case 'text':
      return openMessage('output_text', block.text, place, emit)
    case 'refusal':
      return openMessage('refusal', block.text, place, emit)
    case 'thinking':
      return openReasoning(block, place, emit)
    case 'tool_use':
      return openCall(block, place, emit)
    default: {
      const item = tryOutputItem(block, place.id, place.forms)
      return item === null ? null : openWhole(item, place, emit)
    }
  }
}

function openWhole(item: Json, { index }: ItemPlace, emit: Emit): ItemWriter {
  const told = { output_index: index, item }
  return {
    open: () => emit('response.output_item.added', told),
    delta: () => '',
    close: () => emit('response.output_item.done', told),
    item: () => item,
  }
}

function openMessage(kind: 'output_text' | 'refusal', head: string, { id, index }: ItemPlace, emit: Emit): ItemWriter {
  const at = { item_id: id, output_index: index, content_index: 0 }
  const pieces: string[] = []
  const annotations: unknown[] = []
  const field = kind === 'refusal' ? 'refusal' : 'text'

  function part(): Json {
    const text = pieces.join('')
    if (kind === 'refusal') return { type: 'refusal', refusal: text }
    return outputText({ text, citations: { dialect: 'openai-responses', items: annotations } })
  }

  function say(text: string): string {
    pieces.push(text)
    const extra = kind === 'refusal' ? {} : NO_LOGPROBS
    return emit(`response.${kind}.delta`, { ...at, delta: text, ...extra })
  }

  return {
    open() {
      const empty = kind === 'refusal' ? { type: 'refusal', refusal: '' } : outputText({ text: '' })
      return (
        emit('response.output_item.added', { output_index: index, item: messageItem(id, null, 'in_progress') }) +
        emit('response.content_part.added', { ...at, part: empty }) +
        (head === '' ? '' : say(head))
      )
    },
    delta(delta) {
      if (delta.type === 'text' || delta.type === 'refusal') return say(delta.text)
      if (delta.type !== 'citation' || delta.dialect !== 'openai-responses') return ''
      annotations.push(delta.citation)
      const place = { ...at, annotation_index: annotations.length - 1 }
      return emit('response.output_text.annotation.added', { ...place, annotation: delta.citation })
    },
    close() {
      const done = { ...at, [field]: pieces.join(''), ...(kind === 'refusal' ? {} : NO_LOGPROBS) }
      return (
        emit(`response.${kind}.done`, done) +
        emit('response.content_part.done', { ...at, part: part() }) +
        emit('response.output_item.done', { output_index: index, item: this.item() })
      )
    },
    item: () => messageItem(id, part(), 'completed'),
  }
}

const NO_LOGPROBS = { logprobs: [] }

function openReasoning(
  block: OutputBlock & { type: 'thinking' },
  { id, index, forms }: ItemPlace,
  emit: Emit,
): ItemWriter {
  const at = { item_id: id, output_index: index, summary_index: 0 }
  const pieces: string[] = []
  let signature = block.signature

  function say(text: string): string {
    if (text === '') return ''
    const isFirst = pieces.length === 0
    pieces.push(text)
    const part = { type: 'summary_text', text: '' }
    return (
      (isFirst ? emit('response.reasoning_summary_part.added', { ...at, part }) : '') +
      emit('response.reasoning_summary_text.delta', { ...at, delta: text })
    )
  }

  function item(): Json {
    return tryOutputItem({ type: 'thinking', text: pieces.join(''), signature }, id, forms) ?? {}
  }

  return {
    open() {
      const empty = { id, type: 'reasoning', summary: [], encrypted_content: null }
      return emit('response.output_item.added', { output_index: index, item: empty }) + say(block.text)
    },
    delta(delta) {
      if (delta.type === 'signature') signature += delta.signature
      return delta.type === 'thinking' ? say(delta.text) : ''
    },
    close() {
      const text = pieces.join('')
      const part = { type: 'summary_text', text }
      return (
        (pieces.length === 0
          ? ''
          : emit('response.reasoning_summary_text.done', { ...at, text }) +
            emit('response.reasoning_summary_part.done', { ...at, part })) +
        emit('response.output_item.done', { output_index: index, item: item() })
      )
    },
    item,
  }
}

/** How the argument of a call is told: piece by piece, and once more when it is whole. */
interface Telling {
  say(piece: string): string
  done(whole: Json): string
}

function openCall(block: ToolUseBlock, { id, index, forms }: ItemPlace, emit: Emit): ItemWriter {
  const at = { item_id: id, output_index: index }
  const telling = forms.get(block.name)?.isCustom === true ? tellFreeText(at, emit) : tellArguments(at, emit)
  let json = ''

  function say(piece: string): string {
    json += piece
    return telling.say(piece)
  }
  const item = (): Json => callItem({ ...block, inputJson: json }, id, forms)

  return {
    open() {
      const empty = callItem({ ...block, inputJson: '' }, id, forms, 'in_progress')
      return emit('response.output_item.added', { output_index: index, item: empty }) + say(block.inputJson)
    },
    delta: (delta) => (delta.type === 'input_json' ? say(delta.json) : ''),
    close() {
      const whole = item()
      return telling.done(whole) + emit('response.output_item.done', { output_index: index, item: whole })
    },
    item,
  }
}

function tellArguments(at: Json, emit: Emit): Telling {
  return {
    say: (piece) => (piece === '' ? '' : emit('response.function_call_arguments.delta', { ...at, delta: piece })),
    done: ({ name, arguments: told }) =>
      emit('response.function_call_arguments.done', { ...at, name, arguments: told }),
  }
}

/** The model wrote JSON; the client gets the text in it. */
function tellFreeText(at: Json, emit: Emit): Telling {
  const scan = openFreeTextScan()
  let told = ''

  function tell(text: string): string {
    told += text
    return text === '' ? '' : emit('response.custom_tool_call_input.delta', { ...at, delta: text })
  }

  return {
    say: (piece) => tell(scan.push(piece)),
    done(whole) {
      const input = textOf(whole.input)
      const rest = input.startsWith(told) ? tell(input.slice(told.length)) : ''
      return rest + emit('response.custom_tool_call_input.done', { ...at, input })
    },
  }
}
