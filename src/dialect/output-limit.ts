import type { Envelope, UpstreamProfile } from '../core/dialect.ts'

/**
 * How much models of a family put out at the most, by their names wherever they are served: who asks for more is refused,
 * and Claude Code asks every model for 128,000 tokens. The first that fits counts.
 *
 * @see model pages of OpenAI, Google, Anthropic and Amazon, 2026
 */
const CEILINGS: readonly (readonly [name: RegExp, tokens: number])[] = [
  [/gpt-3\.5|gpt-4-(turbo|1106|0125)/, 4_096],
  [/gpt-4o|gpt-5[^/]*-chat/, 16_384],
  [/gpt-4\.1/, 32_768],
  [/(?:^|\/)o[134](?:-|$)/, 100_000],
  [/gpt-5/, 128_000],
  [/gemini-(?:1|2[.-]0)/, 8_192],
  [/gemini-\d/, 65_535],
  [/claude-3(?:-|\.)5/, 8_192],
  [/claude-3-(?:opus|sonnet|haiku)/, 4_096],
  [/claude-opus-4(?:[-.][01](?!\d)|[@-]\d{8}|$)/, 32_000],
  [/claude-(?:3[-.]7|(?:opus|sonnet|haiku)-4)(?!\d)(?![-.][6-9](?!\d))/, 64_000],
  [/claude-(?:opus|sonnet|haiku|fable|mythos)-\d/, 128_000],
  // The model cards say so; a post of the vendor says twice as much.
  [/nova-(?:micro|lite|pro)/, 5_000],
  [/nova-2/, 64_000],
]

/** The limit of an answer to ask for: no more than the server takes, or by its name the model. */
export function outputLimit(asked: number, { model, quirks }: Pick<UpstreamProfile, 'model' | 'quirks'>): number {
  return Math.min(asked, quirks.maxOutputTokensCap ?? ceilingOf(model))
}

/**
 * The same of a request that goes on as it came, where the model has another name than the one that the client asked for, and
 * knows the limits of; `null` where nothing has to change.
 */
export function lowerLimit(
  { model, maxOutputTokens }: Pick<Envelope, 'model' | 'maxOutputTokens'>,
  profile: UpstreamProfile,
): number | null {
  if (maxOutputTokens === null || model === profile.model) return null
  const limit = outputLimit(maxOutputTokens, profile)
  return limit < maxOutputTokens ? limit : null
}

function ceilingOf(model: string): number {
  for (const [name, tokens] of CEILINGS) if (name.test(model)) return tokens
  return Number.POSITIVE_INFINITY
}
