import type { Block, TextBlock } from '../../core/block.ts'
import type { Turn } from '../../core/request.ts'

/** What a request of Chat or Responses says, in whatever form. */
export interface Conversation {
  readonly system: readonly TextBlock[]
  readonly turns: readonly Turn[]
}

/**
 * System turns at the head as the initial prompt, and the turns behind them. A prompt is text: pictures and files in it
 * are shown in the user's name, in front of what the user says first.
 */
export function splitPrompt(turns: readonly Turn[]): Conversation {
  const head = turns.findIndex((turn) => turn.role !== 'system')
  // Nothing but a prompt: other dialects need somebody to answer to.
  if (head === -1) return { system: [], turns: turns.map((turn) => ({ ...turn, role: 'user' })) }
  const prompt = turns.slice(0, head).flatMap(withMembers)
  const shown = prompt.filter((block) => block.type !== 'text')
  return { system: prompt.filter((block) => block.type === 'text'), turns: withShown(shown, turns.slice(head)) }
}

function withShown(shown: readonly Block[], turns: readonly Turn[]): readonly Turn[] {
  if (shown.length === 0) return turns
  const [first, ...others] = turns
  if (first?.role !== 'user') return [{ role: 'user', blocks: shown }, ...turns]
  return [{ ...first, blocks: [...shown, ...first.blocks] }, ...others]
}

/** The blocks of a message; what it says besides, on the first text of its own, or where it has none on what it shows. */
function withMembers({ blocks, opaque }: Turn): readonly Block[] {
  const bearer = blocks.find((block) => block.type === 'text') ?? blocks.find((block) => block.type !== 'opaque')
  if (opaque === undefined || bearer === undefined) return blocks
  const members = { ...bearer.opaque?.members, ...opaque.members }
  return blocks.map((block) => (block === bearer ? { ...bearer, opaque: { ...opaque, members } } : block))
}
