import type { EncodedRequest, UpstreamProfile } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import type { ChatRequest } from '../../core/request.ts'
import { sortBetas } from '../anthropic/betas.ts'
import { encodeReasoning } from '../anthropic/encode-reasoning.ts'
import { encodeSampling } from '../anthropic/encode-sampling.ts'
import { encodeStops } from '../anthropic/encode-stops.ts'
import { closeFormat, fitFormat } from '../anthropic/fit-format.ts'
import { fitReasoning } from '../anthropic/fit-reasoning.ts'
import { refusesPrefill } from '../anthropic/place-turns.ts'
import { type DropList, openDropList } from '../dropped.ts'
import { outputLimit } from '../output-limit.ts'
import { saidStops } from '../said-stops.ts'
import { withToldFormat } from '../told-format.ts'
import { toolNames } from '../tools/tool-names.ts'
import { cachePlaces } from './cache-point.ts'
import type { ConverseContext } from './context.ts'
import { encodeMessages } from './encode-messages.ts'
import { encodeToolConfig } from './encode-tool-config.ts'

/**
 * A canonical request as the body of Converse. The model stands in the path, and whether it streams too. What Converse
 * has no member for, but Claude behind it knows, goes in `additionalModelRequestFields`.
 */
export function encodeRequest(request: ChatRequest, profile: UpstreamProfile): EncodedRequest {
  const { model } = profile
  const dropped = openDropList('bedrock-converse')
  dropped.addOpaque('request', request.opaque)
  if (request.userId !== undefined) dropped.add('user_id')
  const isClaude = /anthropic|claude/i.test(model)
  const context: ConverseContext = {
    quirks: profile.quirks,
    dropped,
    names: toolNames(request),
    isClaude,
    refusesPrefill: refusesPrefill(model),
    cachePlaces: cachePlaces(model),
  }
  const { system, messages } = encodeMessages(isClaude ? request : withToldFormat(request), context)
  const toolConfig = encodeToolConfig(request, context)
  const outputConfig = isClaude ? null : encodeFormat(request, dropped)
  const { top_k, temperature, top_p, ...reasoning } = modelFields(request, profile, isClaude, dropped)
  const stops = (isClaude ? encodeStops : saidStops)(request.stopSequences, dropped.add)
  const { maxOutputTokens } = request
  const maxTokens = maxOutputTokens === undefined ? undefined : outputLimit(maxOutputTokens, profile)
  const inferenceConfig = {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(top_p !== undefined && { topP: top_p }),
    ...(stops.length > 0 && { stopSequences: stops }),
  }
  const additional = { ...reasoning, ...(top_k !== undefined && { top_k }) }
  const json = {
    messages,
    ...(system.length > 0 && { system }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
    ...(toolConfig !== null && { toolConfig }),
    ...(outputConfig !== null && { outputConfig }),
    ...(Object.keys(additional).length > 0 && { additionalModelRequestFields: additional }),
    ...(isClaude && stops.length > 0 && { additionalModelResponseFieldPaths: ['/stop_sequence'] }),
  }
  return { json, dropped: dropped.names() }
}

/** Sampling, reasoning and betas in Claude's own words; another model has no way to be told of the last two. */
function modelFields(request: ChatRequest, profile: UpstreamProfile, isClaude: boolean, dropped: DropList): Json {
  const { sampling, reasoning, format } = request
  if (!isClaude) {
    dropped.addOpaque('thinking', reasoning.opaque)
    if (reasoning.type !== 'unset' || reasoning.effort !== undefined) dropped.add('reasoning_effort')
    if (sampling.topK !== undefined) dropped.add('top_k')
    return { temperature: sampling.temperature, top_p: sampling.topP }
  }
  const { known, lost } = sortBetas(profile.betas ?? [], profile.quirks.betas?.known ?? [])
  if (lost.length > 0) dropped.add('anthropic-beta')
  const fitted = {
    ...request,
    reasoning: fitReasoning(request, profile.model, dropped.add),
    format: fitFormat(format, profile.model, dropped.add),
  }
  return {
    ...encodeSampling(fitted, profile.model, dropped.add),
    ...encodeReasoning(fitted, null, dropped.add),
    ...(known.length > 0 && { anthropic_beta: known }),
  }
}

/**
 * The form of an answer; Nova and Llama refuse it by name, and get the request again without: the prompt tells them of it.
 *
 * @see Amazon Bedrock User Guide, "Get validated JSON results from models", 2026
 */
function encodeFormat({ format }: ChatRequest, dropped: DropList): Json | null {
  if (format.type === 'text') return null
  if (format.type === 'json') {
    dropped.add('response_format')
    return null
  }
  const fitted = closeFormat(format, dropped.add)
  if (fitted.type !== 'json_schema') return null
  const { schema, name } = fitted
  const jsonSchema = { schema: JSON.stringify(schema), ...(name !== undefined && { name }) }
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } }
}
