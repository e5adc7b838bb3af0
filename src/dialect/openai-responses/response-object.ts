import type { EncoderOptions } from '../../core/dialect.ts'
import type { FinishReason } from '../../core/event.ts'
import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatRequest } from '../../core/request.ts'
import { openDropList } from '../dropped.ts'
import { toolNames } from '../tools/tool-names.ts'
import { encodeTools } from './encode-tools.ts'
import { responseId } from './error-event.ts'
import { incompleteReason } from './finish-reason.ts'
import { encodeFormat } from './format.ts'
import { callForms } from './names.ts'

export interface ResponseFacts {
  /** The upstream's id, or `''`. */
  readonly id: string
  readonly model: string
}

/**
 * What a response object says of its request: small settings only. Tools are left out, prompts too: clients have
 * them, and they are most of a request's bytes, three times a stream.
 */
export function openResponse({ request, requestId, wallMs }: EncoderOptions, { id, model }: ResponseFacts): Json {
  const {
    metadata = {},
    truncation = 'disabled',
    service_tier: tier = 'default',
  } = opaqueMembers(request.opaque, 'openai-responses')
  return {
    id: responseId(id, requestId),
    object: 'response',
    created_at: Math.floor(wallMs / 1_000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: request.maxOutputTokens ?? null,
    model: model || request.model,
    output: [],
    parallel_tool_calls: request.parallelToolCalls,
    previous_response_id: null,
    reasoning: { effort: request.reasoning.effort ?? null, summary: null },
    service_tier: tier,
    temperature: request.sampling.temperature ?? null,
    text: { format: encodeFormat(request.format) },
    tool_choice: choiceOf(request),
    tools: [],
    top_p: request.sampling.topP ?? null,
    truncation,
    usage: null,
    user: null,
    metadata,
  }
}

/** How a finished answer differs from the response it began as. */
export function finishedStatus(reason: FinishReason, output: readonly Json[]): Json {
  const hasRefusal = output.some(isRefusal)
  const incomplete = incompleteReason(reason, { hasRefusal })
  if (incomplete === null) return { status: 'completed', incomplete_details: null }
  return { status: 'incomplete', incomplete_details: { reason: incomplete } }
}

function isRefusal({ content }: Json): boolean {
  return Array.isArray(content) && content.some((part) => part.type === 'refusal')
}

function choiceOf(request: ChatRequest): unknown {
  const { toolChoice, tools } = request
  if (toolChoice.type === 'unset') return 'auto'
  if (toolChoice.type !== 'tool') return toolChoice.type
  const chosen = tools.filter(({ name }) => name === toolChoice.name)
  const forms = callForms(chosen)
  const context = { quirks: {}, names: toolNames(request), forms, dropped: openDropList('openai-responses') }
  return encodeTools({ ...request, tools: chosen }, context).tool_choice ?? 'auto'
}
