import type { Block, ToolUseBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { invalid } from '../faults.ts'
import { restOf } from '../rest.ts'
import { toCanonicalId } from '../tools/tool-ids.ts'
import { argumentText } from './call-fragments.ts'
import { encodeCustomInput } from './custom-calls.ts'
import { carrierOf, decodeParts } from './decode-parts.ts'
import { readReasoning, readReasoningPart, reasoningBlocks } from './reasoning.ts'

/**
 * A client's assistant message as blocks: thinking that it replays, text, refusal, calls. A signature is taken over
 * where the client kept it and never made up.
 *
 * @param legacyCall id for a `function_call`, which has none
 */
export function decodeAssistant(message: Json, path: string, legacyCall: string): Block[] {
  const thinking: Block[] = reasoningBlocks(readReasoning(message))
  const text = decodeParts(message.content, `${path}.content`).flatMap(thoughtOrSelf)
  const refusal = textOf(message.refusal)
  const calls = message.tool_calls ?? []
  if (!Array.isArray(calls)) throw invalid(`${path}.tool_calls`, 'must be a list')
  const legacy = tryObject(message.function_call)
  return [
    ...thinking,
    ...text,
    ...(refusal === '' ? [] : [{ type: 'refusal', text: refusal } as const]),
    ...calls.map((call, i) => decodeCall(call, `${path}.tool_calls.${i}`)),
    ...(legacy === null ? [] : [functionCall(legacyCall, legacy, `${path}.function_call`)]),
  ]
}

/** Databricks' form of reasoning comes back among the content parts. */
function thoughtOrSelf(block: Block): Block[] {
  const part = block.type === 'opaque' ? tryObject(block.payload) : null
  return part?.type === 'reasoning' ? reasoningBlocks(readReasoningPart(part)) : [block]
}

function decodeCall(value: unknown, path: string): ToolUseBlock {
  const call = tryObject(value)
  if (call === null) throw invalid(path, 'must be an object')
  const id = textOf(call.id)
  if (id === '') throw invalid(`${path}.id`, 'must be a non-empty string')
  const custom = tryObject(call.custom)
  if (custom === null) {
    const body = tryObject(call.function)
    const carrier = carrierOf(call, CALL, body === null ? null : restOf(body, FUNCTION))
    return { ...functionCall(toCanonicalId(id), body, `${path}.function`), ...carrier }
  }
  const name = nameOf(custom, `${path}.custom`)
  const inputJson = encodeCustomInput(textOf(custom.input))
  const carrier = carrierOf(call, CALL, restOf(custom, CUSTOM))
  return { type: 'tool_use', id: toCanonicalId(id), name, inputJson, ...carrier }
}

const CALL = new Set(['id', 'type', 'function', 'custom', 'index', 'cache_control'])
const FUNCTION = new Set(['name', 'arguments'])
const CUSTOM = new Set(['name', 'input'])

function functionCall(id: string, body: Json | null, path: string): ToolUseBlock {
  return { type: 'tool_use', id, name: nameOf(body, path), inputJson: argumentText(body?.arguments) }
}

function nameOf(body: Json | null, path: string): string {
  const name = textOf(body?.name)
  if (name === '') throw invalid(`${path}.name`, 'must be a non-empty string')
  return name
}
