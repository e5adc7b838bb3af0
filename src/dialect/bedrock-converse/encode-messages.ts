import type { Block } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import type { ChatRequest, Turn } from '../../core/request.ts'
import { roundsOf } from '../../core/rounds.ts'
import { isSealed } from '../../core/sealed.ts'
import { encodeInput } from '../anthropic/encode-block.ts'
import { isForeignData } from '../anthropic/foreign-thinking.ts'
import { CLOSING, OPENING } from '../anthropic/place-turns.ts'
import { isAttribution } from '../attribution.ts'
import { droppedName } from '../dropped.ts'
import { reminder } from '../reminder.ts'
import { toPlainId } from '../tools/tool-ids.ts'
import { cachePoint } from './cache-point.ts'
import type { ConverseContext } from './context.ts'
import { encodeUserBlocks, type Namer, openNamer, textBlock } from './encode-user.ts'

/** Converse refuses a document alone. */
const BESIDE_DOCUMENT = 'The document is attached.'
/** It refuses blank text too; an empty result still has to say that it came. */
const EMPTY_RESULT = '[no output]'

interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: readonly Json[]
}

/**
 * Initial prompt and turns: results right behind their calls, system turns of the middle as marked user text, what a
 * user said in one message, for roles must alternate.
 */
export function encodeMessages(
  request: ChatRequest,
  context: ConverseContext,
): { readonly system: readonly Json[]; readonly messages: readonly Message[] } {
  const namer = openNamer()
  context.dropped.addTurns(request.turns)
  const system = request.system.flatMap((block) => {
    noteCarrier(block, context)
    const isNothing = block.text.trim() === '' || isAttribution(block)
    return isNothing ? [] : [textBlock(block.text), ...cachePoint(block.cache, context)]
  })
  const messages: Message[] = []
  for (const { assistant, results, rest } of roundsOf(request.turns)) {
    const said = assistant.flatMap((block) => encodeAssistantBlock(block, context))
    if (said.length > 0) push(messages, 'assistant', said)
    const answers = results.flatMap((result) => encodeResult(result, context, namer))
    const others = rest.flatMap((turn) => encodeTurn(turn, context, namer))
    const content = [...answers, ...others]
    if (content.length > 0) push(messages, 'user', content)
  }
  if (messages[0]?.role === 'assistant') messages.unshift({ role: 'user', content: [textBlock(OPENING.text)] })
  if (messages.length === 0 || (context.refusesPrefill && messages.at(-1)?.role === 'assistant')) {
    messages.push({ role: 'user', content: [textBlock(CLOSING.text)] })
  }
  if (context.isClaude) cutBlankEnd(messages)
  return { system, messages: messages.map(withTextBesideDocument) }
}

/** Where nothing is left of a turn, what the other side said before and behind it is one message. */
function push(messages: Message[], role: Message['role'], content: readonly Json[]): void {
  const last = messages.at(-1)
  if (last?.role !== role) messages.push({ role, content })
  else messages[messages.length - 1] = { role, content: [...last.content, ...content] }
}

/** The beginning of an answer that the model is to go on with; Claude refuses one that ends in blanks. */
function cutBlankEnd(messages: Message[]): void {
  const { role, content = [] } = messages.at(-1) ?? {}
  const text = content.at(-1)?.text
  if (role !== 'assistant' || typeof text !== 'string') return
  messages[messages.length - 1] = { role, content: content.with(-1, textBlock(text.trimEnd())) }
}

function withTextBesideDocument(message: Message): Message {
  const { role, content } = message
  const isBare = content.some((block) => 'document' in block) && !content.some((block) => 'text' in block)
  return isBare ? { role, content: [...content, textBlock(BESIDE_DOCUMENT)] } : message
}

function encodeTurn({ role, blocks }: Turn, context: ConverseContext, namer: Namer): Json[] {
  const content = encodeUserBlocks(blocks, context, namer)
  if (role === 'user' || content.length === 0) return content
  const text = content.flatMap((block) => (typeof block.text === 'string' ? [block.text] : [])).join('\n\n')
  const told = text === '' ? [] : [textBlock(reminder(text))]
  const shown = content.filter((block) => !('text' in block || 'cachePoint' in block))
  const points = content.filter((block) => 'cachePoint' in block)
  return [...told, ...shown, ...points.slice(-1)]
}

function encodeResult(result: Block & { type: 'tool_result' }, context: ConverseContext, namer: Namer): Json[] {
  noteCarrier(result, context)
  const content = encodeUserBlocks(result.content, context, namer).filter((block) => !('cachePoint' in block))
  const toolResult = {
    toolUseId: toPlainId(result.toolUseId),
    content: content.length > 0 ? content : [textBlock(EMPTY_RESULT)],
    ...(result.isError && { status: 'error' }),
  }
  return [{ toolResult }, ...cachePoint(result.cache, context, 'results')]
}

function encodeAssistantBlock(block: Block, context: ConverseContext): Json[] {
  const { dropped, names, isClaude } = context
  if (block.type === 'opaque') {
    dropped.add(droppedName('block', textOf(tryObject(block.payload)?.type)))
    return []
  }
  noteCarrier(block, context)
  switch (block.type) {
    case 'text':
    case 'refusal':
      return block.text.trim() === '' ? [] : [textBlock(block.text), ...cachePoint(block.cache, context)]
    case 'thinking': {
      const { text, signature } = block
      // Without its maker's signature a thought is refused, and a signature is never forged.
      if (isClaude && signature !== '' && !isSealed(signature)) {
        return [{ reasoningContent: { reasoningText: { text, signature } } }]
      }
      dropped.add('thinking')
      return []
    }
    case 'redacted_thinking':
      if (isClaude && !isForeignData(block.data)) return [{ reasoningContent: { redactedContent: block.data } }]
      dropped.add('redacted_thinking')
      return []
    case 'tool_use': {
      const input = encodeInput(block.inputJson)
      const toolUse = { toolUseId: toPlainId(block.id), name: names.toWire(block.name), input }
      return [{ toolUse }, ...cachePoint(block.cache, context)]
    }
    default:
      dropped.add(`assistant.${block.type}`)
      return []
  }
}

/** Names what a block carries besides its cache mark, which has a form here. */
function noteCarrier(block: Exclude<Block, { type: 'opaque' }>, { dropped }: ConverseContext): void {
  if (block.opaque !== undefined) dropped.addOpaque('block', block.opaque)
  if (block.type === 'text' && block.citations !== undefined) dropped.add('citations')
}
