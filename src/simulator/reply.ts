import type { Json } from '../core/json.ts'
import { NO_USAGE, type Usage } from '../core/usage.ts'
import type { Ids } from './ids.ts'
import type { Flavor } from './profile.ts'
import type { InferenceRequest } from './request.ts'
import type { Script, ScriptBlock } from './script.ts'

export type ReplyBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | { readonly type: 'tool'; readonly id: string; readonly name: string; readonly inputJson: string }
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'raw'; readonly block: Json }

export type StopReason = NonNullable<Script['stopReason']>

/** What the simulated model says, before any wire format. */
export interface Reply {
  readonly model: string
  readonly blocks: readonly ReplyBlock[]
  readonly stopReason: StopReason
  readonly stopSequence: string | null
  readonly usage: Usage
  readonly usageMode: 'once' | 'absent' | 'duplicate'
  readonly chunkChars: number
  readonly pings: number | null
}

/** Flavors whose calls have ids of Anthropic's form. */
const CLAUDE: ReadonlySet<Flavor> = new Set<Flavor>(['anthropic', 'bedrock', 'vertex'])

const CHUNK_CHARS = 24
/** What the vendors' own rules of thumb say of English text. */
const CHARS_PER_TOKEN = 4

/** Fills in what a script leaves open: ids, signatures, usage from the lengths, the stop reason from the blocks. */
export function replyOf(script: Script, request: InferenceRequest, ids: Ids): Reply {
  const blocks = (script.blocks ?? []).map((block) => replyBlock(block, request, ids))
  const calls = blocks.some((block) => block.type === 'tool')
  const refuses = blocks.some((block) => block.type === 'refusal')
  return {
    model: script.model ?? request.model,
    blocks,
    stopReason: script.stopReason ?? (refuses ? 'refusal' : calls ? 'tool_use' : 'end_turn'),
    stopSequence: script.stopSequence ?? null,
    usage: usageOf(script, request, blocks),
    usageMode: script.fault?.type === 'usage' ? script.fault.mode : 'once',
    chunkChars: script.chunkChars ?? CHUNK_CHARS,
    pings: script.pings ?? null,
  }
}

function replyBlock(block: ScriptBlock, request: InferenceRequest, ids: Ids): ReplyBlock {
  if ('text' in block) return { type: 'text', text: block.text }
  if ('thinking' in block) {
    return { type: 'thinking', text: block.thinking, signature: block.signature ?? ids.signature() }
  }
  if ('redactedThinking' in block) return { type: 'redacted_thinking', data: block.redactedThinking }
  if ('refusal' in block) return { type: 'refusal', text: block.refusal }
  if ('raw' in block) return { type: 'raw', block: block.raw }
  const { name, input, id } = block.tool
  const inputJson = typeof input === 'string' ? input : JSON.stringify(input)
  return {
    type: 'tool',
    id: id ?? (CLAUDE.has(request.profile.flavor) ? ids.toolUse() : ids.toolCall()),
    name,
    inputJson,
  }
}

function usageOf(script: Script, request: InferenceRequest, blocks: readonly ReplyBlock[]): Usage {
  const reasoningTokens = tokens(
    blocks.reduce((sum, block) => sum + (block.type === 'thinking' ? block.text.length : 0), 0),
  )
  const outputChars = blocks.reduce((sum, block) => sum + outputLength(block), 0)
  const given = Object.fromEntries(Object.entries(script.usage ?? {}).filter(([, value]) => value !== undefined))
  return {
    ...NO_USAGE,
    inputTokens: Math.max(1, tokens(request.bytes)),
    outputTokens: Math.max(1, tokens(outputChars) + reasoningTokens),
    reasoningTokens: script.usage?.outputTokens === undefined ? reasoningTokens : 0,
    ...given,
  }
}

function outputLength(block: ReplyBlock): number {
  if (block.type === 'tool') return block.name.length + block.inputJson.length
  return block.type === 'text' || block.type === 'refusal' ? block.text.length : 0
}

function tokens(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN)
}

/** Pieces of at most `chunkChars` UTF-16 units, never between the halves of a surrogate pair. */
export function piecesOf(text: string, chunkChars: number): readonly string[] {
  const pieces: string[] = []
  let start = 0
  while (start < text.length) {
    let end = Math.min(text.length, start + chunkChars)
    const last = text.charCodeAt(end - 1)
    if (last >= 0xd800 && last < 0xdc00 && end < text.length) end++
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}

/** A script may stream broken JSON on purpose; a whole answer cannot hold it, and shows it as text. */
export function lenientJson(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    return { unparsable: text, reason: String(error) }
  }
}
