import type { EncodedRequest, Quirks, UpstreamProfile } from '../../core/dialect.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatRequest, Reasoning } from '../../core/request.ts'
import { type DropList, openDropList } from '../dropped.ts'
import { effortOf } from './effort.ts'
import { encodeMessages } from './encode-messages.ts'
import { encodeTools } from './encode-tools.ts'
import { shortHash } from './short-hash.ts'
import { isStrictFormat } from './strict-format.ts'
import { toolNames } from './tool-names.ts'
import type { Json } from './wire.ts'

/** OpenAI takes four stop sequences; more are refused. */
const STOP_SEQUENCES_MAX = 4

/**
 * A canonical request as a Chat Completions body for the server that `profile` describes. What the body cannot say
 * is named in `dropped`, from a closed set. Never throws: what a server would refuse (dangling tool calls) is mended.
 */
export function encodeRequest(request: ChatRequest, profile: UpstreamProfile): EncodedRequest {
  const { quirks } = profile
  const dropped = openDropList('openai-chat')
  const names = toolNames(request)
  dropped.addOpaque('request', request.opaque)
  const json = {
    ...opaqueMembers(request.opaque, 'openai-chat'),
    ...(quirks.omitModel !== true && { model: profile.model }),
    messages: encodeMessages(request, { quirks, names, dropped }),
    ...encodeTools(request, { quirks, names, dropped }),
    ...encodeLimits(request, quirks, dropped),
    ...encodeReasoning(request.reasoning, quirks, dropped),
    ...encodeFormat(request, quirks, dropped),
    ...encodeUser(request.userId, quirks, dropped),
    ...(request.stream && { stream: true, ...(quirks.streamUsage !== false && STREAM_USAGE) }),
  }
  return { json, dropped: dropped.names() }
}

const STREAM_USAGE = { stream_options: { include_usage: true } }

function encodeLimits(request: ChatRequest, quirks: Quirks, dropped: DropList): Json {
  const { sampling, stopSequences, maxOutputTokens } = request
  if (sampling.topK !== undefined) dropped.add('top_k')
  if (stopSequences.length > STOP_SEQUENCES_MAX) dropped.add('stop_sequences')
  const field = quirks.maxTokensField ?? 'max_completion_tokens'
  return {
    ...(maxOutputTokens !== undefined && {
      [field]: Math.min(maxOutputTokens, quirks.maxOutputTokensCap ?? Number.POSITIVE_INFINITY),
    }),
    ...(stopSequences.length > 0 && { stop: stopSequences.slice(0, STOP_SEQUENCES_MAX) }),
    ...(sampling.temperature !== undefined && { temperature: sampling.temperature }),
    ...(sampling.topP !== undefined && { top_p: sampling.topP }),
  }
}

function encodeReasoning(reasoning: Reasoning, quirks: Quirks, dropped: DropList): Json {
  dropped.addOpaque('thinking', reasoning.opaque)
  const effort = effortOf(reasoning, quirks)
  if (effort === null) return {}
  if (quirks.reasoningEffort === false) {
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

/** The user's id leaves lynkr only as a hash: Claude Code's holds device, account and session. */
function encodeUser(userId: string | undefined, quirks: Quirks, dropped: DropList): Json {
  if (userId === undefined) return {}
  if (quirks.userField === undefined) dropped.add('user_id')
  const hash = shortHash(userId)
  return {
    ...(quirks.userField !== undefined && { [quirks.userField]: hash }),
    ...(quirks.promptCacheKey === true && { prompt_cache_key: hash }),
  }
}
