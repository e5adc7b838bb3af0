import type { ChatRequest } from '../../core/request.ts'
import type { Drop } from './encode-block.ts'
import type { Wire } from './wire.ts'

/** Families and versions as they stand in model names, cloud prefixes and suffixes around them: `claude-opus-4-8`. */
const CLAUDE = /claude-(?:opus|sonnet|haiku|fable|mythos)-(\d)(?:-(\d)(?!\d))?/

/**
 * Sampling parameters, dropped by name where the server would refuse the request for them: models from 4.6 on
 * have none, and older ones take none while they think. Chat clients send them by habit.
 */
export function encodeSampling({ sampling, reasoning }: ChatRequest, model: string, drop: Drop): Wire {
  const { temperature, topP, topK } = sampling
  const wire = {
    // Other dialects allow up to 2.
    ...(temperature !== undefined && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
  }
  const isThinking = reasoning.type === 'adaptive' || reasoning.type === 'budget'
  if (!isThinking && takesSampling(model)) return wire
  for (const name of Object.keys(wire)) drop(name)
  return {}
}

function takesSampling(model: string): boolean {
  const [, major, minor] = CLAUDE.exec(model) ?? []
  if (major === undefined) return true
  const version = Number(major) * 10 + Number(minor ?? 0)
  return version < 46
}
