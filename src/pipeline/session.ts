import { type Json, tryObject, tryObjectIn } from '../core/json.ts'

/** Characters of a name that tell sessions apart; a longer one is cut, for clients choose it. */
const NAME_CHARS_MAX = 512

/** Headers by which clients name their session: Claude Code's, Codex', and what others have agreed on. */
const HEADERS = ['x-claude-code-session-id', 'session_id', 'session-id', 'x-session-id', 'conversation_id'] as const

/**
 * What a client calls the session that a request belongs to: a header, `prompt_cache_key`, the session within
 * `metadata.user_id`, else the user. `null` if it says nothing.
 */
export function sessionOf(headers: Headers, json: Json): string | null {
  for (const name of HEADERS) {
    const value = headers.get(name)
    if (value !== null && value !== '') return value.slice(0, NAME_CHARS_MAX)
  }
  const { prompt_cache_key: cacheKey, metadata, user, safety_identifier: safetyId } = json
  return nameIn(cacheKey) ?? nameIn(sessionWithin(tryObject(metadata)?.user_id)) ?? nameIn(user) ?? nameIn(safetyId)
}

function nameIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, NAME_CHARS_MAX) : null
}

/** Claude Code's is JSON with a `session_id`; older ones end in `_session_` and the id. */
function sessionWithin(userId: unknown): unknown {
  if (typeof userId !== 'string' || userId.length > 4 * NAME_CHARS_MAX) return userId
  if (!userId.startsWith('{')) return userId.split('_session_').at(-1)
  return tryObjectIn(userId)?.session_id ?? userId
}

/**
 * How a conversation begins, which stays the same while it grows: it stands for a session that has no name. Only for
 * hashing; it is content.
 */
export function openingOf({ system, instructions, messages, input }: Json): string {
  const turns = Array.isArray(messages) ? messages : input
  const first = Array.isArray(turns) ? turns.find((turn) => tryObject(turn)?.role === 'user') : turns
  return `${beginning(system ?? instructions)}\n${beginning(first)}`
}

function beginning(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value).slice(0, 4 * NAME_CHARS_MAX)
}
