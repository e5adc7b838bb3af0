import type { Dropped, Envelope, PassthroughFit, UpstreamProfile } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { isSealed } from '../../core/sealed.ts'
import { lowerLimit } from '../output-limit.ts'

/** The model's name where it differs; and reasoning goes that another vendor made, which this one would refuse. */
export function fitPassthrough(envelope: Envelope, profile: UpstreamProfile): PassthroughFit {
  const { json, outline, model } = envelope
  const hasForeign = hasForeignReasoning(outline)
  const limit = lowerLimit(envelope, profile)
  const edits = {
    ...(limit !== null && { max_output_tokens: limit }),
    ...(model !== profile.model && { model: profile.model }),
    ...(hasForeign && { input: listOf(json.input).filter((item) => !isForeign(item)) }),
  }
  return { edits, lost: hasForeign ? FOREIGN : NOTHING }
}

const FOREIGN: readonly Dropped[] = Object.freeze(['thinking.signature'])
const NOTHING: readonly Dropped[] = Object.freeze([])

function hasForeignReasoning({ input }: Json): boolean {
  return Array.isArray(input) && input.some(isForeign)
}

function isForeign(value: unknown): boolean {
  const item = tryObject(value)
  return item?.type === 'reasoning' && isSealed(textOf(item.encrypted_content))
}
