/** How a published kind of credential looks: a marker that ordinary text does not have, and characters behind it. */
interface CredentialShape {
  /** What it begins with, as the source of a regular expression. */
  readonly marker: string
  /** What follows, as the inside of a character class. */
  readonly characters: string
  /** Fewest characters behind the marker of a whole credential. */
  readonly wholeChars: number
  /** Fewest that are taken for one where text rarely holds anything like it, such as an error message. Default: 8. */
  readonly likelyChars?: number
}

const SHAPES: readonly CredentialShape[] = [
  { marker: 'lynkr_', characters: 'A-Za-z0-9_-', wholeChars: 43 },
  // Anthropic, OpenAI, OpenRouter and all who copied them.
  { marker: 'sk-', characters: 'A-Za-z0-9_-', wholeChars: 20 },
  { marker: 'dapi', characters: 'A-Za-z0-9-', wholeChars: 32 },
  { marker: 'gsk_', characters: 'A-Za-z0-9', wholeChars: 40 },
  { marker: 'xai-', characters: 'A-Za-z0-9', wholeChars: 40 },
  { marker: '(?:AKIA|ASIA)', characters: 'A-Z0-9', wholeChars: 16, likelyChars: 12 },
  // Amazon Bedrock's own, long and short, with their padding.
  { marker: '(?:ABSK|bedrock-api-key-)', characters: 'A-Za-z0-9+/=', wholeChars: 40, likelyChars: 16 },
  { marker: 'AIza', characters: 'A-Za-z0-9_-', wholeChars: 35, likelyChars: 16 },
  // What AI Studio gives out since 2026.
  { marker: 'AQ\\.', characters: 'A-Za-z0-9_-', wholeChars: 40, likelyChars: 32 },
  { marker: 'ya29\\.', characters: 'A-Za-z0-9._-', wholeChars: 20 },
  { marker: 'gh[pousr]_', characters: 'A-Za-z0-9', wholeChars: 36, likelyChars: 16 },
  { marker: 'github_pat_', characters: 'A-Za-z0-9_', wholeChars: 40, likelyChars: 16 },
  { marker: 'glpat-', characters: 'A-Za-z0-9_-', wholeChars: 20 },
  { marker: 'xox[abprs]-', characters: 'A-Za-z0-9-', wholeChars: 10 },
  { marker: 'hf_', characters: 'A-Za-z0-9', wholeChars: 30, likelyChars: 16 },
  { marker: 'nvapi-', characters: 'A-Za-z0-9_-', wholeChars: 40, likelyChars: 16 },
  { marker: 'npm_', characters: 'A-Za-z0-9', wholeChars: 36, likelyChars: 16 },
  { marker: '[rs]k_live_', characters: 'A-Za-z0-9', wholeChars: 20 },
]

/**
 * A JWT: the part up to the first dot has a bound, because a pattern that can fail after a run of any length takes time
 * quadratic in a text made for that. The longest real headers are below it.
 */
const WHOLE_JWT = 'eyJ[A-Za-z0-9_-]{10,500}\\.[A-Za-z0-9_-]{10,3000}\\.[A-Za-z0-9_-]{10,1000}'
const LIKELY_JWT = 'eyJ[A-Za-z0-9_-]{8,500}\\.[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]*)?'

/** z.ai's and Ollama's have no marker; in the output of commands it might be the name of a file. */
const LIKELY_WITH_DOT = '[0-9a-f]{32}\\.[A-Za-z0-9_-]{16,}'

const AUTHORIZATION = '(?:Bearer|Basic)\\s+[A-Za-z0-9._~+/=-]{8,}'

/**
 * What looks like a credential, or like most of one, in any case of letters: for short texts of others, such as an
 * error message, where hiding a harmless word costs nothing. Linear in the text.
 */
export function likelyCredentials(): RegExp {
  const shapes = SHAPES.map(({ marker, characters, likelyChars = 8 }) => `${marker}[${characters}]{${likelyChars},}`)
  return new RegExp(`\\b(?:${[...shapes, LIKELY_JWT, LIKELY_WITH_DOT, AUTHORIZATION].join('|')})`, 'gi')
}

/** Whole credentials: for the output of commands, where ordinary text must come through as it is. Linear in the text. */
export function wholeCredentials(): RegExp {
  const shapes = SHAPES.map(({ marker, characters, wholeChars }) => `${marker}[${characters}]{${wholeChars},}`)
  return new RegExp([...shapes, WHOLE_JWT].join('|'), 'g')
}

/** The beginning of a credential, at the end of a text that was cut. */
export function cutCredential(): RegExp {
  return new RegExp(`(?:${SHAPES.map(({ marker }) => marker).join('|')}|eyJ)[A-Za-z0-9_.+/=-]{8,}$`)
}
