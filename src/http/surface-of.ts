import type { Surface } from '../core/dialect.ts'

/** What clients may speak. */
export interface Surfaces {
  readonly messages: Surface
  readonly chat: Surface
  readonly responses: Surface
}

/** Whose envelope a client expects that came by a path lynkr does not have. */
export function surfaceOf(surfaces: Surfaces, path: string, request: Request): Surface {
  if (path.startsWith('/v1/models')) return modelsSurface(surfaces, request)
  return /^\/v1\/(chat|embeddings|completions|responses)\b/.test(path) ? surfaces.chat : surfaces.messages
}

const ANTHROPIC_ONLY = ['anthropic-version', 'anthropic-beta', 'x-api-key'] as const

/**
 * The list of models has two forms, and one path. OpenAI's clients come with a bearer token and without anything that only
 * Anthropic's send. Claude Code's search for models may come with a bearer token too, but has its name and the length of a
 * page.
 */
export function modelsSurface(surfaces: Surfaces, { headers, url }: Request): Surface {
  const hasBearer = /^bearer /i.test(headers.get('authorization') ?? '')
  const isAnthropic =
    ANTHROPIC_ONLY.some((name) => headers.has(name)) ||
    headers.get('user-agent')?.startsWith('claude-') === true ||
    /[?&](limit|after_id|before_id)=/.test(url)
  return hasBearer && !isAnthropic ? surfaces.chat : surfaces.messages
}
