import type { EncodedRequest, Quirks, UpstreamProfile } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatRequest, Reasoning, Sampling } from '../../core/request.ts'
import { type DropList, openDropList } from '../dropped.ts'
import { outputLimit } from '../output-limit.ts'
import { saidStops } from '../said-stops.ts'
import { withToldFormat } from '../told-format.ts'
import { toolNames } from '../tools/tool-names.ts'
import { customNames } from './custom-tools.ts'
import { effortOf } from './effort.ts'
import { encodeMessages } from './encode-messages.ts'
import { encodeTools } from './encode-tools.ts'
import { encodeUserId } from './encode-user-id.ts'
import { isStrictFormat } from './strict-format.ts'

/** OpenAI takes four stop sequences; more are refused. */
const STOP_SEQUENCES_MAX = 4

/** OpenAI's models that reason, wherever they are served: they refuse sampling and stop sequences. */
const REASONS = /(?:^|\/|databricks-)(?:gpt-[5-9]|o\d)(?![^/]*-chat)/

/**
 * A canonical request as a Chat Completions body for the server that `profile` describes. What the body cannot say
 * is named in `dropped`, from a closed set. Never throws: what a server would refuse (dangling tool calls) is mended.
 */
export function encodeRequest(request: ChatRequest, profile: UpstreamProfile): EncodedRequest {
  const { quirks } = profile
  const dropped = openDropList('openai-chat')
  const isClaude = /claude/i.test(profile.model)
  const context = { quirks, names: toolNames(request), customs: customNames(request.tools), dropped, isClaude }
  dropped.addOpaque('request', request.opaque)
  const json = {
    ...opaqueMembers(request.opaque, 'openai-chat'),
    ...(quirks.omitModel !== true && { model: profile.model }),
    messages: encodeMessages(quirks.responseFormat === false ? withToldFormat(request) : request, context),
    ...encodeTools(request, context),
    ...encodeLimits(request, profile, dropped),
    ...encodeReasoning(request.reasoning, profile, dropped),
    ...encodeFormat(request, quirks, dropped),
    ...encodeUserId(request.userId, quirks, dropped),
    ...(request.stream && { stream: true, ...(quirks.streamUsage !== false && STREAM_USAGE) }),
  }
  return { json, dropped: dropped.names() }
}

const STREAM_USAGE = { stream_options: { include_usage: true } }

function encodeLimits(request: ChatRequest, profile: UpstreamProfile, dropped: DropList): Json {
  const { quirks, model } = profile
  const { sampling, maxOutputTokens } = request
  const { temperature, topP, stopSequences } = REASONS.test(model) ? unsampled(request, dropped) : sampled(request)
  if (sampling.topK !== undefined) dropped.add('top_k')
  const stop = saidStops(stopSequences, dropped.add, STOP_SEQUENCES_MAX)
  const field = quirks.maxTokensField ?? 'max_completion_tokens'
  return {
    ...(maxOutputTokens !== undefined && {
      [field]: outputLimit(maxOutputTokens, profile),
    }),
    ...(stop.length > 0 && { stop }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
  }
}

type Sampled = Sampling & Pick<ChatRequest, 'stopSequences'>

function sampled({ sampling, stopSequences }: ChatRequest): Sampled {
  return { ...sampling, stopSequences }
}

/** 1 is what such a model has anyway. */
function unsampled(
  { sampling: { temperature = 1, topP = 1 }, stopSequences }: ChatRequest,
  dropped: DropList,
): Sampled {
  if (temperature !== 1) dropped.add('temperature')
  if (topP !== 1) dropped.add('top_p')
  if (stopSequences.length > 0) dropped.add('stop_sequences')
  return { stopSequences: [] }
}

function encodeReasoning(reasoning: Reasoning, profile: UpstreamProfile, dropped: DropList): Json {
  dropped.addOpaque('thinking', reasoning.opaque)
  const effort = effortOf(reasoning, profile)
  if (effort === null) return {}
  if (profile.quirks.reasoningEffort === false) {
    dropped.add('reasoning_effort')
    return {}
  }
  return { reasoning_effort: effort }
}

function encodeFormat({ format }: ChatRequest, quirks: Quirks, dropped: DropList): Json {
  if (format.type === 'text') return {}
  if (quirks.responseFormat === false) {
    dropped.add('response_format')
    return {}
  }
  if (format.type !== 'json_schema') return { response_format: { type: 'json_object' } }
  const { schema, name = 'response' } = format
  const strict = isStrictFormat(format)
  if (!strict && format.strict === undefined) dropped.add('response_format.strict')
  return { response_format: { type: 'json_schema', json_schema: { name, schema, strict } } }
}
