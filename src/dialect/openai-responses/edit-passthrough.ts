import type { Dropped, Envelope, UpstreamProfile } from '../../core/dialect.ts'
import { isSealed } from '../../core/sealed.ts'
import { type Json, listOf, textOf, tryObject } from '../openai-chat/wire.ts'

/** The model's name where it differs; and reasoning goes that another vendor made, which this one would refuse. */
export function editPassthrough(
  { json, outline, model }: Envelope,
  profile: UpstreamProfile,
): Readonly<Record<string, unknown>> {
  return {
    ...(model !== profile.model && { model: profile.model }),
    ...(hasForeignReasoning(outline) && { input: listOf(json.input).filter((item) => !isForeign(item)) }),
  }
}

/** What `editPassthrough` takes out of a request. */
export function passthroughLoss({ outline }: Envelope): readonly Dropped[] {
  return hasForeignReasoning(outline) ? ['thinking.signature'] : []
}

function hasForeignReasoning({ input }: Json): boolean {
  return Array.isArray(input) && input.some(isForeign)
}

function isForeign(value: unknown): boolean {
  const item = tryObject(value)
  return item?.type === 'reasoning' && isSealed(textOf(item.encrypted_content))
}
