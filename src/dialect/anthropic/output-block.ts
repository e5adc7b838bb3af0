import { assertNever } from '../../core/assert.ts'
import type { OutputBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { decodeCarrier, encodeCarrier } from './carrier.ts'
import { encodeInput } from './encode-block.ts'
import { MODELLED } from './modelled.ts'
import { decodeSignature, encodeSignature } from './thinking-signature.ts'

/**
 * A block of an answer, whole or the skeleton that begins it in a stream. Lenient, for servers differ: a missing
 * text is empty. An empty input reads as `''`, so that what streams in can follow it.
 */
export function decodeOutputBlock(wire: Json): OutputBlock {
  switch (wire.type) {
    case 'text': {
      const { citations } = wire
      const cited = Array.isArray(citations) && citations.length > 0
      const items = cited && { citations: { dialect: 'anthropic', items: citations } as const }
      return { type: 'text', text: textOf(wire.text), ...items, ...decodeCarrier(wire, MODELLED.text) }
    }
    case 'thinking': {
      const { thinking, signature } = wire
      return {
        type: 'thinking',
        text: textOf(thinking),
        signature: decodeSignature(signature),
        ...decodeCarrier(wire, MODELLED.thinking),
      }
    }
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: textOf(wire.data), ...decodeCarrier(wire, MODELLED.redacted_thinking) }
    case 'tool_use': {
      const input = tryObject(wire.input)
      const inputJson = input === null || Object.keys(input).length === 0 ? '' : JSON.stringify(input)
      const carried = decodeCarrier(wire, MODELLED.tool_use)
      return { type: 'tool_use', id: textOf(wire.id), name: textOf(wire.name), inputJson, ...carried }
    }
    default:
      return { type: 'opaque', dialect: 'anthropic', payload: wire, deltas: [] }
  }
}

/** The wire form of a whole block, or `null` for one of another dialect that has no form here. */
export function tryEncodeOutputBlock(block: OutputBlock): Json | null {
  switch (block.type) {
    case 'text': {
      const cited = block.citations?.dialect === 'anthropic' && { citations: block.citations.items }
      return { type: 'text', text: block.text, ...cited, ...encodeCarrier(block) }
    }
    case 'refusal':
      return { type: 'text', text: block.text, ...encodeCarrier(block) }
    case 'thinking':
      return {
        type: 'thinking',
        thinking: block.text,
        signature: encodeSignature(block.signature),
        ...encodeCarrier(block),
      }
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: block.data, ...encodeCarrier(block) }
    case 'tool_use': {
      const { id, name, inputJson } = block
      return { type: 'tool_use', id, name, input: encodeInput(inputJson), ...encodeCarrier(block) }
    }
    case 'opaque':
      return block.dialect === 'anthropic' ? fold(tryObject(block.payload), block.deltas) : null
    default:
      return assertNever(block)
  }
}

/** A block that streamed, as the whole answer shows it: its argument joined and parsed, its compaction filled in. */
function fold(payload: Json | null, deltas: readonly unknown[]): Json | null {
  if (payload === null || deltas.length === 0) return payload
  let folded = payload
  let inputJson = ''
  for (const delta of deltas) {
    const wire = tryObject(delta)
    if (wire === null) continue
    const { type, ...members } = wire
    if (type === 'input_json_delta') inputJson += textOf(members.partial_json)
    else folded = { ...folded, ...members }
  }
  return inputJson === '' ? folded : { ...folded, input: encodeInput(inputJson) }
}
