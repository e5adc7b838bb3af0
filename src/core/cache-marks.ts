import type { Block, CacheMark, TextBlock } from './block.ts'
import type { ChatRequest, Tool, Turn } from './request.ts'

/** Breakpoints that Anthropic and Bedrock take in one request. */
const MARKS_MAX = 4

/** Turns at whose end a mark stands: the newest, which writes, and the one before it, which reads what that wrote. */
const TURNS_MARKED = 2

/** Shorter prompts are never cached: 1,024 tokens is the least that any model takes, and a token has some four characters. */
const PROMPT_CHARS_MIN = 4_096

/** Where marks may stand, besides the initial prompt and what a user says. */
export interface CacheMarkPlaces {
  readonly tools: boolean
  /** Behind a tool's result. */
  readonly results: boolean
}

const MARK: CacheMark = Object.freeze({ ttl: '5m' })

/**
 * Marks the prompt of a client that cannot ask for caching: the end of the tools, of the initial prompt, and of the last
 * two turns of user or tools. Nothing but marks is added, so that a conversation that grows keeps its beginning, and the
 * mark that wrote the cache is still there for the request that reads it. What carries marks of its own stays as it is.
 *
 * @see Anthropic, "Prompt caching", 2026-08: at most four breakpoints; tools come before system, system before messages
 */
export function originateCacheMarks(request: ChatRequest, places: CacheMarkPlaces): ChatRequest {
  if (isMarked(request) || !isWorthIt(request)) return request
  const tools = places.tools ? markLast(request.tools, markTool) : request.tools
  const system = markLast(request.system, markText)
  const spent = Number(tools !== request.tools) + Number(system !== request.system)
  const mark = places.results ? markBlock : markOwnWords
  const turns = markTurns(request.turns, mark, Math.min(TURNS_MARKED, MARKS_MAX - spent))
  return { ...request, tools, system, turns }
}

function isMarked({ tools, system, turns }: ChatRequest): boolean {
  const hasMark = (carrier: Block | Tool): boolean => 'cache' in carrier && carrier.cache !== undefined
  return tools.some(hasMark) || system.some(hasMark) || turns.some(({ blocks }) => blocks.some(hasMark))
}

/** A question without tools or history is asked once; writing it to a cache would cost a quarter more for nothing. */
function isWorthIt({ tools, system, turns }: ChatRequest): boolean {
  if (tools.length === 0 && turns.length < 2) return false
  let chars = 0
  for (const block of [...system, ...turns.flatMap(({ blocks }) => blocks)]) {
    chars += textChars(block)
    if (chars >= PROMPT_CHARS_MIN) return true
  }
  return chars + JSON.stringify(tools).length >= PROMPT_CHARS_MIN
}

function textChars(block: Block): number {
  switch (block.type) {
    case 'text':
      return block.text.length
    case 'tool_result':
      return block.content.reduce((sum, inner) => sum + textChars(inner), 0)
    case 'tool_use':
      return block.inputJson.length
    default:
      return 0
  }
}

function markTurns(turns: readonly Turn[], mark: (block: Block) => Block | null, count: number): readonly Turn[] {
  const marked = [...turns]
  let left = count
  for (let i = turns.length - 1; i >= 0 && left > 0; i--) {
    const turn = turns[i]
    if (turn === undefined || turn.role === 'assistant') continue
    const blocks = markLast(turn.blocks, mark)
    if (blocks === turn.blocks) continue
    marked[i] = { ...turn, blocks }
    left--
  }
  return left === count ? turns : marked
}

/** The list with its last item marked that can be; the same list if none can. */
function markLast<Item>(items: readonly Item[], mark: (item: Item) => Item | null): readonly Item[] {
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i]
    const marked = item === undefined ? null : mark(item)
    if (marked !== null) return items.with(i, marked)
  }
  return items
}

function markTool(tool: Tool): Tool | null {
  return tool.type === 'function' ? { ...tool, cache: MARK } : null
}

/** Text that is more than blank: that is left out on the way, and its mark with it. */
function markText<Text extends TextBlock>(block: Text): Text | null {
  return block.text.trim() === '' ? null : { ...block, cache: MARK }
}

function markOwnWords(block: Block): Block | null {
  return block.type === 'text' ? markText(block) : null
}

/** Thoughts cannot carry a mark. */
function markBlock(block: Block): Block | null {
  switch (block.type) {
    case 'text':
      return markText(block)
    case 'tool_result':
    case 'tool_use':
    case 'image':
    case 'document':
      return { ...block, cache: MARK }
    default:
      return null
  }
}
