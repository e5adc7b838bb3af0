import type { TextBlock } from '../../core/block.ts'
import type { Envelope } from '../../core/dialect.ts'
import { type Json, tryObject } from '../../core/json.ts'
import type { ChatRequest, Sampling, Turn } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { carry } from './carrier.ts'
import { fromSummary } from './compaction.ts'
import { decodeContent, decodeText } from './decode-block.ts'
import { decodeReasoning } from './decode-reasoning.ts'
import { decodeTool, decodeToolChoice } from './decode-tool.ts'
import { rest } from './rest.ts'

const MODELLED = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'stream',
  'stop_sequences',
  'temperature',
  'top_p',
  'top_k',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
])
const MESSAGE = new Set(['role', 'content'])
const METADATA = new Set(['user_id'])

/**
 * A Messages request as a canonical one. What lynkr does not model goes into `opaque`, at the level it stood on.
 * Throws `invalid_request` with the JSON path.
 */
export function decodeRequest({ json, model, stream, maxOutputTokens }: Envelope): ChatRequest {
  const { toolChoice, parallelToolCalls, unmodelled: choice } = decodeToolChoice(json.tool_choice)
  const { reasoning, format, unmodelled: outputConfig } = decodeReasoning(json)
  const { userId, unmodelled: metadata } = decodeMetadata(json.metadata)
  const others = {
    ...rest(json, MODELLED),
    ...(choice && { tool_choice: choice }),
    ...(outputConfig && { output_config: outputConfig }),
    ...(metadata && { metadata }),
  }
  return {
    model,
    stream,
    system: decodeSystem(json.system),
    turns: fromSummary(arrayOf(json.messages, 'messages').map(decodeTurn)),
    tools: arrayOf(json.tools, 'tools').map((tool, i) => decodeTool(tool, `tools.${i}`)),
    toolChoice,
    parallelToolCalls,
    ...(maxOutputTokens !== null && { maxOutputTokens }),
    stopSequences: decodeStopSequences(json.stop_sequences),
    sampling: decodeSampling(json),
    reasoning,
    format,
    ...(userId !== undefined && { userId }),
    wantsStreamUsage: true,
    ...carry(Object.keys(others).length === 0 ? undefined : others),
  }
}

function decodeSystem(value: unknown): TextBlock[] {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }]
  return arrayOf(value, 'system').map((item, i) => {
    const wire = tryObject(item)
    if (wire?.type !== 'text') throw invalid(`system.${i}`, 'must be a text block')
    return decodeText(wire, `system.${i}`)
  })
}

function decodeTurn(value: unknown, i: number): Turn {
  const wire = tryObject(value)
  if (wire === null) throw invalid(`messages.${i}`, 'must be an object')
  const { role, content } = wire
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw invalid(`messages.${i}.role`, 'must be user, assistant or system')
  }
  return { role, blocks: decodeContent(content, `messages.${i}.content`), ...carry(rest(wire, MESSAGE)) }
}

function decodeStopSequences(value: unknown): string[] {
  return arrayOf(value, 'stop_sequences').map((item, i) => {
    if (typeof item !== 'string') throw invalid(`stop_sequences.${i}`, 'must be a string')
    return item
  })
}

function decodeSampling(json: Json): Sampling {
  const temperature = optionalNumber(json, 'temperature')
  const topP = optionalNumber(json, 'top_p')
  const topK = optionalNumber(json, 'top_k')
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
  }
}

function optionalNumber(json: Json, name: string): number | undefined {
  const value = json[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw invalid(name, 'must be a number')
  return value
}

function decodeMetadata(value: unknown): { userId?: string; unmodelled?: Json } {
  if (value === undefined || value === null) return {}
  const wire = tryObject(value)
  if (wire === null) throw invalid('metadata', 'must be an object')
  const { user_id: userId } = wire
  if (userId !== undefined && userId !== null && typeof userId !== 'string') {
    throw invalid('metadata.user_id', 'must be a string')
  }
  const unmodelled = rest(wire, METADATA)
  return { ...(typeof userId === 'string' && { userId }), ...(unmodelled && { unmodelled }) }
}

function arrayOf(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid(path, 'must be an array')
  return value
}
