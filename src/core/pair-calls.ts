import type { Block, TextBlock, ToolResultBlock } from './block.ts'
import type { ChatRequest, Turn } from './request.ts'
import { type Segment, segmentsOf } from './rounds.ts'

/**
 * What was repaired in a conversation: a call without a result got a stub for one; a second call of one answer under the
 * same id was left out; a result without a call became text.
 */
export type PairRepair = 'tool_use.unanswered' | 'tool_use.repeated' | 'tool_result.orphan'

/** What the model is told about a call whose result the client lost. */
const STUB: TextBlock = Object.freeze({ type: 'text', text: '[no result was recorded for this call]' })

/**
 * A conversation as every server insists on it: each call has an id of its own and exactly one result, results stand
 * before all else behind their call, and no result is without its call. The same beginning is mended in the same way,
 * so that a prompt cache still fits; what is right already stays the same object. Linear in the blocks.
 */
export function pairCalls(request: ChatRequest): {
  readonly request: ChatRequest
  readonly repairs: readonly PairRepair[]
} {
  if (isPaired(request.turns)) return { request, repairs: NO_REPAIRS }
  const repairs = new Set<PairRepair>()
  const taken = new Map<string, number>()
  const turns = segmentsOf(request.turns).flatMap((segment) => mend(segment, taken, repairs))
  const isSame = turns.length === request.turns.length && turns.every((turn, i) => turn === request.turns[i])
  return { request: isSame ? request : { ...request, turns }, repairs: [...repairs] }
}

const NO_REPAIRS: readonly PairRepair[] = Object.freeze([])

/** Whether there is nothing to mend, as in nearly every conversation: told without making any of it anew. */
function isPaired(turns: readonly Turn[]): boolean {
  const taken = new Set<string>()
  const open = new Set<string>()
  let isBehindAnswer = false
  for (const { role, blocks } of turns) {
    if (blocks.length === 0) return false
    if (role === 'assistant') {
      for (const block of blocks) {
        if (block.type !== 'tool_use') continue
        if (taken.has(block.id)) return false
        taken.add(block.id)
        open.add(block.id)
      }
    } else {
      const results = isBehindAnswer && role === 'user' ? closeResults(blocks, open) : 0
      if (open.size > 0) return false
      for (let i = results; i < blocks.length; i++) if (blocks[i]?.type === 'tool_result') return false
    }
    isBehindAnswer = role === 'assistant'
  }
  return open.size === 0
}

/** Closes the calls whose results a turn begins with. @returns how many blocks those are */
function closeResults(blocks: readonly Block[], open: Set<string>): number {
  let count = 0
  for (const block of blocks) {
    if (block.type !== 'tool_result' || !open.delete(block.toolUseId)) break
    count++
  }
  return count
}

function mend(segment: Segment, taken: Map<string, number>, repairs: Set<PairRepair>): readonly Turn[] {
  /** Calls without a result so far: the id that they came with → the one that they have now. */
  const open = new Map<string, string>()
  const assistant = segment.assistant.map((turn) =>
    withBlocks(turn, (block) => {
      if (block.type !== 'tool_use') return [block]
      if (open.has(block.id)) {
        repairs.add('tool_use.repeated')
        return []
      }
      const id = freshId(block.id, taken)
      open.set(block.id, id)
      return [id === block.id ? block : { ...block, id }]
    }),
  )
  const results: ToolResultBlock[] = []
  const between = segment.between.map((turn) =>
    withBlocks(turn, (block) => {
      if (block.type !== 'tool_result') return [block]
      const id = open.get(block.toolUseId)
      if (id === undefined) {
        repairs.add('tool_result.orphan')
        return orphan(block)
      }
      open.delete(block.toolUseId)
      results.push(id === block.toolUseId ? block : { ...block, toolUseId: id })
      return []
    }),
  )
  if (open.size > 0) repairs.add('tool_use.unanswered')
  for (const toolUseId of open.values()) {
    results.push({ type: 'tool_result', toolUseId, content: [STUB], isError: true })
  }
  const [first, ...others] = between
  const [was] = segment.between
  if (results.length === 0) return [...assistant, ...between].filter(isLeft)
  if (first?.role !== 'user')
    return [...assistant, { role: 'user' as const, blocks: results }, ...between].filter(isLeft)
  const blocks = [...results, ...first.blocks]
  const isAsBefore =
    was !== undefined && blocks.length === was.blocks.length && blocks.every((b, i) => b === was.blocks[i])
  return [...assistant, isAsBefore ? was : { ...first, blocks }, ...others].filter(isLeft)
}

/** The turn with each block in the place of those that `map` makes of it; the same turn if it changes none. */
function withBlocks(turn: Turn, map: (block: Block) => readonly Block[]): Turn {
  const blocks = turn.blocks.flatMap(map)
  const isSame = blocks.length === turn.blocks.length && blocks.every((block, i) => block === turn.blocks[i])
  return isSame ? turn : { ...turn, blocks }
}

/** A turn that is empty now, whether or not it was, has nothing to say. */
function isLeft({ blocks }: Turn): boolean {
  return blocks.length > 0
}

/** Servers that number calls anew in every answer make the same ids again; the first one keeps its own. */
function freshId(id: string, taken: Map<string, number>): string {
  const count = taken.get(id) ?? 0
  taken.set(id, count + 1)
  if (count === 0) return id
  return freshId(`again_${count}_${id}`, taken)
}

/** A result whose call is gone can be told, but not attached. */
function orphan({ content, isError }: ToolResultBlock): readonly Block[] {
  const text = `[result of an earlier tool call${isError ? ', which failed' : ''}]`
  return [{ type: 'text', text }, ...content]
}
