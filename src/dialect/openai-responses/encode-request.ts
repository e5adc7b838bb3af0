import type { EncodedRequest, UpstreamProfile } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatRequest } from '../../core/request.ts'
import { type DropList, openDropList } from '../dropped.ts'
import { effortOf } from '../openai-chat/effort.ts'
import { encodeUserId } from '../openai-chat/encode-user-id.ts'
import { isStrictFormat } from '../openai-chat/strict-format.ts'
import { outputLimit } from '../output-limit.ts'
import { toolNames } from '../tools/tool-names.ts'
import { encodeInput } from './encode-input.ts'
import { encodeTools } from './encode-tools.ts'
import { encodeFormat } from './format.ts'
import { callForms } from './names.ts'

/** OpenAI refuses a smaller limit. */
export const OUTPUT_TOKENS_MIN = 16

/** Families that do not reason, and refuse every word about it. All later ones do, and refuse sampling instead. */
const NOT_REASONING = /(^|\/)(gpt-3|gpt-4|chatgpt-4)/

/**
 * A canonical request as a Responses body for the server that `profile` describes. Nothing is kept there: reasoning
 * comes back encrypted, so that the next turn can bring it along. What the body cannot say is named in `dropped`, from
 * a closed set. Never throws: what a server would refuse (dangling calls) is mended.
 */
export function encodeRequest(request: ChatRequest, profile: UpstreamProfile): EncodedRequest {
  const { quirks, model } = profile
  const dropped = openDropList('openai-responses')
  const context = { quirks, names: toolNames(request), forms: callForms(request.tools), dropped }
  const reasons = !NOT_REASONING.test(model)
  dropped.addOpaque('request', request.opaque)
  const { verbosity, include, ...others } = opaqueMembers(request.opaque, 'openai-responses')
  const included = [...(Array.isArray(include) ? include : []), ...(reasons ? ['reasoning.encrypted_content'] : [])]
  const json = {
    ...others,
    model,
    ...encodeInput(request, context),
    ...encodeTools(request, context),
    ...encodeLimits(request, profile, { reasons, dropped }),
    ...encodeReasoning(request, profile, { reasons, dropped }),
    ...encodeText(request, verbosity, dropped),
    ...encodeUserId(request.userId, quirks, dropped),
    store: false,
    ...(included.length > 0 && { include: included }),
    ...(request.stream && { stream: true }),
  }
  return { json, dropped: dropped.names() }
}

interface Facts {
  readonly reasons: boolean
  readonly dropped: DropList
}

function encodeLimits(request: ChatRequest, profile: UpstreamProfile, { reasons, dropped }: Facts): Json {
  const { sampling, stopSequences, maxOutputTokens } = request
  if (sampling.topK !== undefined) dropped.add('top_k')
  if (stopSequences.length > 0) dropped.add('stop_sequences')
  if (reasons && sampling.temperature !== undefined) dropped.add('temperature')
  if (reasons && sampling.topP !== undefined) dropped.add('top_p')
  return {
    ...(maxOutputTokens !== undefined && {
      max_output_tokens: Math.max(OUTPUT_TOKENS_MIN, outputLimit(maxOutputTokens, profile)),
    }),
    ...(!reasons && sampling.temperature !== undefined && { temperature: sampling.temperature }),
    ...(!reasons && sampling.topP !== undefined && { top_p: sampling.topP }),
  }
}

/** Who asks for thinking, by name or by budget, is shown a summary of it: no more is to be had. */
function encodeReasoning({ reasoning }: ChatRequest, profile: UpstreamProfile, { reasons, dropped }: Facts): Json {
  dropped.addOpaque('thinking', reasoning.opaque)
  const isAsked = reasoning.type === 'adaptive' || reasoning.type === 'budget'
  const effort = effortOf(reasoning, profile)
  const own = opaqueMembers(reasoning.opaque, 'openai-responses')
  if (!isAsked && effort === null && Object.keys(own).length === 0) return {}
  if (!reasons) {
    if (reasoning.type !== 'off') dropped.add('thinking')
    return {}
  }
  return { reasoning: { ...own, ...(effort !== null && { effort }), ...(isAsked && { summary: 'auto' }) } }
}

function encodeText({ format }: ChatRequest, verbosity: unknown, dropped: DropList): Json {
  if (format.type === 'json_schema' && format.strict === undefined && !isStrictFormat(format)) {
    dropped.add('response_format.strict')
  }
  const text = {
    ...(format.type !== 'text' && { format: encodeFormat(format) }),
    ...(verbosity !== undefined && { verbosity }),
  }
  return Object.keys(text).length === 0 ? {} : { text }
}
