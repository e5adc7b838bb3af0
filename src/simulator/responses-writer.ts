import { type Json, listOf } from '../core/json.ts'
import { promptTokens, type Usage } from '../core/usage.ts'
import { sse } from './anthropic-writer.ts'
import { CREATED_S } from './chat-writer.ts'
import type { Ids } from './ids.ts'
import { lenientJson, piecesOf, type Reply, type ReplyBlock, type StopReason } from './reply.ts'
import { type InferenceRequest, record } from './request.ts'

/** Why an answer counts as incomplete; the other reasons complete it. */
const INCOMPLETE: Partial<Record<StopReason, string>> = {
  max_tokens: 'max_output_tokens',
  model_context_window_exceeded: 'max_output_tokens',
}

/** A whole `response`. */
export function responsesWhole(reply: Reply, request: InferenceRequest, ids: Ids): Json {
  const output = reply.blocks.map((block) => tryItem(block, request, ids)).filter((item) => item !== null)
  return { ...responseHead(reply, request, ids), ...ending(reply), output }
}

/** The stream as SSE records, numbered from 0. */
export function* responsesRecords(reply: Reply, request: InferenceRequest, ids: Ids): Generator<string> {
  let sequence = 0
  const event = (type: string, members: Json): string => sse(type, { sequence_number: sequence++, ...members })
  const response = responseHead(reply, request, ids)
  yield event('response.created', { response })
  yield event('response.in_progress', { response })
  for (let i = 0; i < (reply.pings ?? 0); i++) yield ': keep-alive\n\n'
  const output: Json[] = []
  for (const block of reply.blocks) {
    const item = tryItem(block, request, ids)
    if (item === null) continue
    const at = { item_id: item.id, output_index: output.length }
    yield event('response.output_item.added', { output_index: output.length, item: begun(item) })
    for (const [type, members] of eventsOf(item, reply.chunkChars)) yield event(type, { ...at, ...members })
    yield event('response.output_item.done', { output_index: output.length, item })
    output.push(item)
  }
  const end = ending(reply)
  yield event(`response.${end.status}`, { response: { ...response, ...end, output } })
}

function responseHead(reply: Reply, { json }: InferenceRequest, ids: Ids): Json {
  return {
    id: ids.response(),
    object: 'response',
    created_at: CREATED_S,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: json.instructions ?? null,
    max_output_tokens: json.max_output_tokens ?? null,
    model: reply.model,
    output: [],
    parallel_tool_calls: json.parallel_tool_calls ?? true,
    previous_response_id: json.previous_response_id ?? null,
    reasoning: { effort: null, summary: null, ...record(json.reasoning) },
    store: json.store ?? true,
    temperature: json.temperature ?? 1,
    text: { format: { type: 'text' }, ...record(json.text) },
    tool_choice: json.tool_choice ?? 'auto',
    tools: json.tools ?? [],
    top_p: json.top_p ?? 1,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: json.metadata ?? {},
  }
}

function ending({ stopReason, usage, usageMode }: Reply): Json & { readonly status: string } {
  const reason = INCOMPLETE[stopReason]
  return {
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    ...(usageMode !== 'absent' && { usage: responsesUsage(usage) }),
  }
}

/** The block as an output item; reasoning shows only what the request asked to see. */
function tryItem(block: ReplyBlock, { json }: InferenceRequest, ids: Ids): Json | null {
  switch (block.type) {
    case 'text':
      return message(ids, { type: 'output_text', annotations: [], logprobs: [], text: block.text })
    case 'refusal':
      return message(ids, { type: 'refusal', refusal: block.text })
    case 'thinking': {
      const isShown = record(json.reasoning).summary !== undefined && record(json.reasoning).summary !== null
      const isSealed = listOf(json.include).includes('reasoning.encrypted_content')
      const summary = isShown ? [{ type: 'summary_text', text: block.text }] : []
      return { id: ids.item('rs'), type: 'reasoning', summary, ...(isSealed && { encrypted_content: block.signature }) }
    }
    case 'tool':
      return callItem(block, json, ids)
    default:
      return null
  }
}

function message(ids: Ids, part: Json): Json {
  return { id: ids.item('msg'), type: 'message', status: 'completed', content: [part], role: 'assistant' }
}

/** A call in the form in which the tool was offered: by JSON, by free text, inside a namespace. */
function callItem(block: ReplyBlock & { type: 'tool' }, json: Json, ids: Ids): Json {
  const offered = listOf(json.tools).map(record)
  const isCustom = offered.some((tool) => tool.type === 'custom' && tool.name === block.name)
  const home = offered.find((tool) => listOf(tool.tools).some((inner) => record(inner).name === block.name))
  const call = { status: 'completed', call_id: block.id, name: block.name }
  if (isCustom) {
    const { input } = record(lenientJson(block.inputJson))
    return { id: ids.item('ctc'), type: 'custom_tool_call', ...call, input: String(input ?? block.inputJson) }
  }
  const namespace = home === undefined ? {} : { namespace: home.name }
  return { id: ids.item('fc'), type: 'function_call', ...call, ...namespace, arguments: block.inputJson }
}

/** The item as its first event shows it. */
function begun(item: Json): Json {
  switch (item.type) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] }
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' }
    case 'custom_tool_call':
      return { ...item, status: 'in_progress', input: '' }
    default:
      return { ...item, summary: [] }
  }
}

function* eventsOf(item: Json, chunkChars: number): Generator<readonly [type: string, members: Json]> {
  if (item.type === 'message') {
    const part = record(listOf(item.content)[0])
    yield* partEvents(part, chunkChars)
    return
  }
  if (item.type === 'reasoning') {
    for (const part of listOf(item.summary)) yield* summaryEvents(record(part), chunkChars)
    return
  }
  const isCustom = item.type === 'custom_tool_call'
  const [name, field] = isCustom ? ['custom_tool_call_input', 'input'] : ['function_call_arguments', 'arguments']
  const text = String(item[field ?? ''])
  for (const delta of piecesOf(text, chunkChars)) yield [`response.${name}.delta`, { delta }]
  yield [`response.${name}.done`, { [field ?? '']: text }]
}

function* partEvents(part: Json, chunkChars: number): Generator<readonly [type: string, members: Json]> {
  const at = { content_index: 0 }
  const [name, field] = part.type === 'refusal' ? ['refusal', 'refusal'] : ['output_text', 'text']
  const text = String(part[field ?? ''])
  const logprobs = part.type === 'refusal' ? {} : { logprobs: [] }
  yield ['response.content_part.added', { ...at, part: { ...part, [field ?? '']: '' } }]
  for (const delta of piecesOf(text, chunkChars)) yield [`response.${name}.delta`, { ...at, delta, ...logprobs }]
  yield [`response.${name}.done`, { ...at, [field ?? '']: text, ...logprobs }]
  yield ['response.content_part.done', { ...at, part }]
}

function* summaryEvents(part: Json, chunkChars: number): Generator<readonly [type: string, members: Json]> {
  const at = { summary_index: 0 }
  yield ['response.reasoning_summary_part.added', { ...at, part: { ...part, text: '' } }]
  for (const delta of piecesOf(String(part.text), chunkChars)) {
    yield ['response.reasoning_summary_text.delta', { ...at, delta }]
  }
  yield ['response.reasoning_summary_text.done', { ...at, text: part.text }]
  yield ['response.reasoning_summary_part.done', { ...at, part }]
}

function responsesUsage(usage: Usage): Json {
  const input = promptTokens(usage)
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
  }
}
