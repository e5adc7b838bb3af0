import type { Dropped, Envelope, PassthroughFit, UpstreamProfile } from '../../core/dialect.ts'
import { tryObject } from '../../core/json.ts'
import { lowerLimit } from '../output-limit.ts'
import { limitOutput } from './limit-output.ts'
import { withReasoningParts } from './reasoning-parts.ts'

/**
 * A Chat request to a Chat server: the model's name where it differs, or its absence where a server refuses it, the output
 * limit under the only name that the server knows, the wish for usage, without which a stream could not be billed, and
 * signed reasoning where the server reads it. The relay withholds what the client did not ask for.
 */
export function fitPassthrough(envelope: Envelope, profile: UpstreamProfile): PassthroughFit {
  const { json, model, stream } = envelope
  const { omitModel = false, streamUsage = true, maxTokensField, reasoningField } = profile.quirks
  const isNewName = maxTokensField === 'max_tokens' && typeof json.max_completion_tokens === 'number'
  const options = tryObject(json.stream_options)
  const asksForUsage = stream && streamUsage && options?.include_usage !== true
  const messages = reasoningField === 'content' ? withReasoningParts(envelope) : null
  const limit = lowerLimit(envelope, profile)
  const edits = {
    ...(limit !== null && limitOutput(envelope, limit)),
    ...((omitModel || model !== profile.model) && { model: omitModel ? undefined : profile.model }),
    ...(isNewName && { max_completion_tokens: undefined, max_tokens: limit ?? json.max_completion_tokens }),
    ...(asksForUsage && { stream_options: { ...options, include_usage: true } }),
    ...(messages !== null && { messages }),
  }
  return { edits, lost: NOTHING }
}

const NOTHING: readonly Dropped[] = Object.freeze([])
