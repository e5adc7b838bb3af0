import type { Dropped, Envelope, UpstreamProfile } from '../../core/dialect.ts'
import { tryObject } from '../../core/json.ts'
import { lacksThought, withBlankThoughts } from './blank-thought.ts'
import { type FittedMessages, hasSystem, takesSystem, withoutSystem } from './fold-system.ts'
import { hasForeignThinking, withoutForeign } from './foreign-thinking.ts'
import { hasUnknownBlock, withToldBlocks } from './told-blocks.ts'

const FOREIGN: readonly Dropped[] = Object.freeze(['thinking'])
const NOTHING: readonly Dropped[] = Object.freeze([])

/**
 * The messages without thoughts of other vendors; where the server knows none, without system messages and blocks of other
 * types than its own; where it insists on thoughts, with a blank for each that is missing. `null`: they stand as they came.
 *
 * @param thinks whether the model may think
 */
export function tryFitMessages(
  { model: asked, json, outline }: Pick<Envelope, 'model' | 'json' | 'outline'>,
  { model, quirks }: UpstreamProfile,
  thinks: boolean,
): FittedMessages | null {
  const { messages: shape } = outline
  const { blocks, midSystem, needsReasoning } = quirks
  const isForeign = hasForeignThinking(shape)
  const isFolded = hasSystem(shape) && !takesSystem(asked, model, midSystem)
  const isUnknown = blocks !== undefined && hasUnknownBlock(shape, blocks)
  const needsThoughts = needsReasoning === true && thinks
  const isMended = isForeign || isFolded || isUnknown || (needsThoughts && lacksThought(shape))
  if (!isMended || !Array.isArray(json.messages)) return null
  const folded = isFolded ? withoutSystem(json.messages) : { messages: json.messages, lost: NOTHING }
  const own = isForeign ? withoutForeign(folded.messages) : folded.messages
  const told = isUnknown ? withToldBlocks(own, blocks) : { messages: own, lost: NOTHING }
  return {
    messages: needsThoughts && lacksThought(told.messages) ? withBlankThoughts(told.messages) : told.messages,
    lost: [...(isForeign ? FOREIGN : NOTHING), ...folded.lost, ...told.lost],
  }
}

/** Kimi's models that think whatever they are asked, and refuse to be told not to, or by a budget or as they see fit. */
const ALWAYS_THINKS = /(?:^|\/)kimi-(?:k2\.7-code|k3)/

/** Whether a model refuses what a request says of thinking, which it does anyway. */
export function refusesThinking(thinking: unknown, model: string): boolean {
  const wire = tryObject(thinking)
  return wire !== null && ALWAYS_THINKS.test(model)
}
