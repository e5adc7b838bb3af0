import type { TextBlock } from '../../core/block.ts'
import type { Turn } from '../../core/request.ts'

/** System turns at the head as the initial prompt: their texts; what a message says besides, on the first of its own. */
export function promptOf(turns: readonly Turn[]): TextBlock[] {
  return turns.flatMap(({ blocks, opaque }) => {
    const [first, ...others] = blocks.filter((block) => block.type === 'text')
    if (first === undefined || opaque === undefined) return first === undefined ? [] : [first, ...others]
    return [{ ...first, opaque: { ...opaque, members: { ...first.opaque?.members, ...opaque.members } } }, ...others]
  })
}
