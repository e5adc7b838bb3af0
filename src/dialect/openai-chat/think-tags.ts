const OPEN = '<think>'
const CLOSE = '</think>'

/** Blank characters before `<think>` that are waited through. */
const LEAD_CHARS_MAX = 64

export interface ThoughtPiece {
  readonly kind: 'thinking' | 'text'
  readonly text: string
}

/** Splits text whose beginning may be reasoning between `<think>` and `</think>`; the tags may be cut anywhere. */
export interface ThinkSplitter {
  push(text: string): readonly ThoughtPiece[]
  /** What was held back because it could have become a tag. */
  end(): readonly ThoughtPiece[]
}

/**
 * Only the very beginning counts: a later `<think>` is text that the model writes about. Law: however the text is
 * cut, the joined pieces are the same, and hold all of it but the tags and the blank lines around them.
 */
export function openThinkSplitter(): ThinkSplitter {
  let phase: 'before' | 'inside' | 'gap' | 'after' = 'before'
  let held = ''

  function before(): readonly ThoughtPiece[] {
    const trimmed = held.trimStart()
    if (trimmed.startsWith(OPEN)) {
      held = trimmed.slice(OPEN.length)
      phase = 'inside'
      return inside()
    }
    if (OPEN.startsWith(trimmed) && held.length <= LEAD_CHARS_MAX) return []
    phase = 'after'
    return release('text')
  }

  function inside(): readonly ThoughtPiece[] {
    const end = held.indexOf(CLOSE)
    const cut = end === -1 ? held.length - overlap(held, CLOSE) : end
    const thought: ThoughtPiece[] = cut === 0 ? [] : [{ kind: 'thinking', text: held.slice(0, cut) }]
    held = held.slice(end === -1 ? cut : end + CLOSE.length)
    if (end === -1) return thought
    phase = 'gap'
    return [...thought, ...gap()]
  }

  function gap(): readonly ThoughtPiece[] {
    held = held.trimStart()
    if (held === '') return []
    phase = 'after'
    return release('text')
  }

  function release(kind: ThoughtPiece['kind']): readonly ThoughtPiece[] {
    const text = held
    held = ''
    return text === '' ? [] : [{ kind, text }]
  }

  return {
    push(text) {
      if (phase === 'after') return text === '' ? [] : [{ kind: 'text', text }]
      held += text
      if (phase === 'before') return before()
      return phase === 'inside' ? inside() : gap()
    },
    end: () => release(phase === 'inside' ? 'thinking' : 'text'),
  }
}

/** Length of the longest end of `text` with which `tag` begins. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length
  }
  return 0
}
