import type { Surface } from '../core/dialect.ts'

/** What clients may speak. */
export interface Surfaces {
  readonly messages: Surface
  readonly chat: Surface
  readonly responses: Surface
}

/** The surface in whose form an error is told, for a request on a path that lynkr does not have. */
export function surfaceOf(surfaces: Surfaces, path: string, request: Request): Surface {
  if (path.startsWith('/v1/models')) return modelsSurface(surfaces, request)
  return /^\/v1\/(chat|embeddings|completions|responses)\b/.test(path) ? surfaces.chat : surfaces.messages
}

const ANTHROPIC_ONLY = ['anthropic-version', 'anthropic-beta', 'x-api-key'] as const

/**
 * Which of the two forms of the list of models a client wants: both are on one path. OpenAI's clients send a bearer token
 * and nothing that only Anthropic's do. Claude Code may send a bearer token too, but also its name and a page length.
 */
export function modelsSurface(surfaces: Surfaces, { headers, url }: Request): Surface {
  const hasBearer = /^bearer /i.test(headers.get('authorization') ?? '')
  const isAnthropic =
    ANTHROPIC_ONLY.some((name) => headers.has(name)) ||
    headers.get('user-agent')?.startsWith('claude-') === true ||
    /[?&](limit|after_id|before_id)=/.test(url)
  return hasBearer && !isAnthropic ? surfaces.chat : surfaces.messages
}
