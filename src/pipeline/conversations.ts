import {
  CONVERSATION_MS_MAX,
  CONVERSATIONS_CHARS_MAX,
  CONVERSATIONS_MAX,
  RESPONSE_ID_CHARS_MAX,
} from '../core/limits.ts'

/** A conversation up to the end of one answer. */
export interface Conversation {
  /** Its items as JSON text without brackets; `null` where the provider keeps them. */
  readonly items: string | null
  readonly providerId: string
  /** Name of the provider's credential that the last answer came by: what a vendor keeps, it keeps for one account. */
  readonly credential: string | null
  readonly tokens: number
}

/**
 * Conversations by the name of their last answer, each for its owner alone. What is over the bounds goes, oldest
 * first, and a name that is too long is not kept; a client that is told so sends everything again.
 */
export interface Conversations {
  keep(owner: string, id: string, conversation: Conversation, nowMs: number): void
  /** `null` if it is gone, or somebody else's: nobody learns which. */
  find(owner: string, id: string, nowMs: number): Conversation | null
  forget(owner: string, id: string): void
}

export interface ConversationBounds {
  readonly count: number
  readonly chars: number
  readonly ageMs: number
}

const BOUNDS: ConversationBounds = {
  count: CONVERSATIONS_MAX,
  chars: CONVERSATIONS_CHARS_MAX,
  ageMs: CONVERSATION_MS_MAX,
}

export function openConversations(bounds: ConversationBounds = BOUNDS): Conversations {
  /** In the order in which they were kept, so that the first is the oldest. */
  const kept = new Map<string, { readonly conversation: Conversation; readonly keptMs: number }>()
  let chars = 0

  function drop(name: string): void {
    const entry = kept.get(name)
    if (entry === undefined) return
    kept.delete(name)
    chars -= charsOf(entry.conversation)
  }

  function dropOld(nowMs: number): void {
    for (const [name, { keptMs }] of kept) {
      const isOver = kept.size > bounds.count || chars > bounds.chars
      if (!isOver && nowMs - keptMs <= bounds.ageMs) return
      drop(name)
    }
  }

  return {
    keep(owner, id, conversation, nowMs) {
      if (id.length > RESPONSE_ID_CHARS_MAX) return
      const name = nameOf(owner, id)
      drop(name)
      kept.set(name, { conversation, keptMs: nowMs })
      chars += charsOf(conversation)
      dropOld(nowMs)
    },
    find(owner, id, nowMs) {
      dropOld(nowMs)
      return kept.get(nameOf(owner, id))?.conversation ?? null
    },
    forget: (owner, id) => drop(nameOf(owner, id)),
  }
}

/** Owners hold no line end, so that no owner and id can be read as another pair. */
function nameOf(owner: string, id: string): string {
  return `${owner}\n${id}`
}

function charsOf({ items }: Conversation): number {
  return items?.length ?? 0
}
