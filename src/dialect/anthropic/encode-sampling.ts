import type { Json } from '../../core/json.ts'
import type { ChatRequest } from '../../core/request.ts'
import { claudeVersion } from './claude-version.ts'
import type { Drop } from './encode-block.ts'

/** From this one on to 4.6 a model takes one of the two, from 4.7 on none. */
const ONE_OF_TWO_FROM = 41

/** The first that takes none. */
export const NO_SAMPLING_FROM = 47

/**
 * Sampling parameters, dropped by name where the server would refuse the request for them: models from 4.7 on
 * have none, older ones take none while they think, and from 4.1 on no temperature beside `top_p`. Chat clients send
 * them by habit.
 */
export function encodeSampling({ sampling, reasoning }: ChatRequest, model: string, drop: Drop): Json {
  const { temperature, topP, topK } = sampling
  const wire = {
    // Other dialects allow up to 2.
    ...(temperature !== undefined && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
  }
  const isThinking = reasoning.type === 'adaptive' || reasoning.type === 'budget'
  const version = claudeVersion(model) ?? 0
  if (!isThinking && version < NO_SAMPLING_FROM) return version < ONE_OF_TWO_FROM ? wire : oneOfTwo(wire, drop)
  for (const name of Object.keys(wire)) drop(name)
  return {}
}

/** Whoever sends both means the temperature: the other is at its default more often. */
function oneOfTwo(wire: Json, drop: Drop): Json {
  if (wire.temperature === undefined || wire.top_p === undefined) return wire
  drop('top_p')
  const { top_p: _, ...others } = wire
  return others
}
