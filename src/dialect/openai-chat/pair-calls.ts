import type { Block, ToolResultBlock, ToolUseBlock } from '../../core/block.ts'
import type { Turn } from '../../core/request.ts'

/**
 * One answer of the model and all that was said until its next: the shape Chat servers insist on. Every call has
 * exactly one result, results come first, and no result is without its call.
 */
export interface Exchange {
  /** The assistant's blocks; empty before its first answer. */
  readonly assistant: readonly Block[]
  /** One per tool call, in the order in which they were given; stubs last. */
  readonly results: readonly ToolResultBlock[]
  /** User and system turns without `results`, in order. An orphaned result is still a `tool_result` block here. */
  readonly rest: readonly Turn[]
}

/** What the model is told about a call whose result the client lost. */
const STUB_TEXT = '[no result was recorded for this call]'

/** Cuts a conversation into exchanges. Linear in its blocks; adjacent assistant turns without calls become one. */
export function pairCalls(turns: readonly Turn[]): Exchange[] {
  const exchanges: Exchange[] = []
  let assistant: readonly Block[] = []
  let between: Turn[] = []
  const close = () => {
    if (assistant.length > 0 || between.length > 0) exchanges.push(pair(assistant, between))
    between = []
  }
  for (const turn of turns) {
    if (turn.role !== 'assistant') {
      between.push(turn)
      continue
    }
    if (between.length === 0 && assistant.length > 0 && !assistant.some(isCall)) {
      assistant = [...assistant, ...turn.blocks]
      continue
    }
    close()
    assistant = turn.blocks
  }
  close()
  return exchanges
}

function isCall(block: Block): block is ToolUseBlock {
  return block.type === 'tool_use'
}

function pair(blocks: readonly Block[], between: readonly Turn[]): Exchange {
  const open = new Set<string>()
  // A server refuses two calls of one id; the second could not be answered apart from the first.
  const assistant = blocks.filter((block) => {
    if (!isCall(block)) return true
    const isNew = !open.has(block.id)
    open.add(block.id)
    return isNew
  })
  const results: ToolResultBlock[] = []
  const rest = between.map((turn) => {
    const kept = turn.blocks.filter((block) => {
      if (block.type !== 'tool_result' || !open.delete(block.toolUseId)) return true
      results.push(block)
      return false
    })
    return kept.length === turn.blocks.length ? turn : { ...turn, blocks: kept }
  })
  for (const toolUseId of open) {
    results.push({ type: 'tool_result', toolUseId, content: [{ type: 'text', text: STUB_TEXT }], isError: true })
  }
  return { assistant, results, rest }
}
