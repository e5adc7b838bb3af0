import type { Block } from '../../core/block.ts'
import { textOf, tryObject } from '../../core/json.ts'
import type { Turn } from '../../core/request.ts'

/**
 * A conversation that Anthropic has summed up, as models of another dialect can be told it: the summary in the user's name,
 * and what came behind it. What stands before it is the client's to send or not, and Claude does not read it; the same
 * turns where there is no summary.
 *
 * @see Anthropic, "Compaction", passing compaction blocks back, 2026
 */
export function fromSummary(turns: readonly Turn[]): readonly Turn[] {
  const at = turns.findLastIndex(({ blocks }) => blocks.some(isSummary))
  const turn = turns[at]
  if (turn === undefined) return turns
  const place = turn.blocks.findLastIndex(isSummary)
  const summary: Turn = {
    role: 'user',
    blocks: [{ type: 'text', text: `${INTRODUCTION}\n\n${summaryOf(turn.blocks[place])}` }],
  }
  const others = turn.blocks.slice(place + 1)
  return [summary, ...(others.length > 0 ? [{ ...turn, blocks: others }] : []), ...turns.slice(at + 1)]
}

const INTRODUCTION = '[what was said before, summed up]'

/** A compaction that failed has no text. */
function isSummary(block: Block): boolean {
  return block.type === 'opaque' && summaryOf(block) !== ''
}

function summaryOf(block: Block | undefined): string {
  const wire = block?.type === 'opaque' && block.dialect === 'anthropic' ? tryObject(block.payload) : null
  return wire?.type === 'compaction' ? textOf(wire.content) : ''
}
