import type { Block, ToolResultBlock } from './block.ts'
import type { Turn } from './request.ts'

/** One answer of the model, and all that was said up to its next one: so most servers want calls and results. */
export interface Round {
  /** The assistant's blocks; empty before its first answer. */
  readonly assistant: readonly Block[]
  /** Results of its calls, in the order in which they were given. */
  readonly results: readonly ToolResultBlock[]
  /** User and system turns without `results`, in order. */
  readonly rest: readonly Turn[]
}

/** Neighbouring turns of the assistant, and the other turns up to its next one. */
export interface Segment {
  readonly assistant: readonly Turn[]
  readonly between: readonly Turn[]
}

/** Cuts a conversation that `pairCalls` mended into rounds. Linear in its blocks. */
export function roundsOf(turns: readonly Turn[]): Round[] {
  return segmentsOf(turns).map(({ assistant, between }) => {
    const results: ToolResultBlock[] = []
    const rest = between.map((turn) => {
      const kept = turn.blocks.filter((block) => {
        if (block.type === 'tool_result') results.push(block)
        return block.type !== 'tool_result'
      })
      return kept.length === turn.blocks.length ? turn : { ...turn, blocks: kept }
    })
    return { assistant: assistant.flatMap(({ blocks }) => blocks), results, rest }
  })
}

/** Cuts a conversation before each answer. Every turn is in one segment, in order. */
export function segmentsOf(turns: readonly Turn[]): Segment[] {
  const segments: Segment[] = []
  let assistant: Turn[] = []
  let between: Turn[] = []
  const close = () => {
    if (assistant.length > 0 || between.length > 0) segments.push({ assistant, between })
    assistant = []
    between = []
  }
  for (const turn of turns) {
    if (turn.role !== 'assistant') {
      between.push(turn)
      continue
    }
    if (between.length > 0) close()
    assistant.push(turn)
  }
  close()
  return segments
}
