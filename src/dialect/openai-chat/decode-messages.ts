import type { Block } from '../../core/block.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import type { Turn } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { toCanonicalId } from '../tools/tool-ids.ts'
import { decodeAssistant } from './decode-assistant.ts'
import { carrierOf, decodeParts } from './decode-parts.ts'
import { type Conversation, splitPrompt } from './prompt.ts'

/**
 * Messages as initial prompt and turns. System and developer messages at the head are the prompt, later ones are
 * turns; tool messages become results in the user's turn, in front of what the user says; neighbours of one role merge;
 * what is empty goes. Throws `invalid_request` with the path.
 */
export function decodeMessages(messages: unknown): Conversation {
  const merged: OpenTurn[] = []
  let legacyCall = ''
  listOf(messages).forEach((value, i) => {
    const path = `messages.${i}`
    // The envelope check saw to it that it is an object.
    const message = tryObject(value) ?? {}
    if (message.role === 'assistant' && tryObject(message.function_call) !== null) legacyCall = `call_fn_${i}`
    appendTurn(merged, withCarrier(decodeMessage(message, path, legacyCall), message))
  })
  return splitPrompt(merged.map(closeTurn))
}

function decodeMessage(message: Json, path: string, legacyCall: string): Turn {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', blocks: decodeParts(message.content, `${path}.content`) }
    case 'user':
      return { role: 'user', blocks: decodeParts(message.content, `${path}.content`) }
    case 'assistant':
      return { role: 'assistant', blocks: decodeAssistant(message, path, legacyCall) }
    case 'tool':
      if (textOf(message.tool_call_id) === '') throw invalid(`${path}.tool_call_id`, 'must be a non-empty string')
      return { role: 'user', blocks: [resultOf(toCanonicalId(textOf(message.tool_call_id)), message, path)] }
    case 'function':
      return { role: 'user', blocks: [resultOf(legacyCall, message, path)] }
    default:
      throw invalid(`${path}.role`, 'must be system, developer, user, assistant or tool')
  }
}

/** What is read of a message, in any role, and what clients hand back of an answer without meaning anything by it. */
const MESSAGE_KNOWN = new Set([
  'role',
  'content',
  'tool_calls',
  'tool_call_id',
  'function_call',
  'refusal',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'annotations',
  'cache_control',
])

/** Members that lynkr does not model, and a cache mark, which is for the message's last block. The name of a tool is that of its call. */
function withCarrier(turn: Turn, message: Json): Turn {
  const isResult = message.role === 'tool' || message.role === 'function'
  const { cache, opaque } = carrierOf(isResult ? { ...message, name: null } : message, MESSAGE_KNOWN)
  const blocks = turn.blocks.map((block, i) => {
    const isMarked = cache !== undefined && i === turn.blocks.length - 1 && block.type !== 'opaque'
    return isMarked ? { ...block, cache } : block
  })
  return { ...turn, blocks, ...(opaque && { opaque }) }
}

function resultOf(toolUseId: string, message: Json, path: string): Block {
  const content = decodeParts(message.content, `${path}.content`)
  return { type: 'tool_result', toolUseId, content, isError: false }
}

/** A turn that may still grow, results and the rest apart. */
interface OpenTurn {
  readonly role: Turn['role']
  readonly results: Block[]
  readonly others: Block[]
  readonly members: Record<string, unknown>
}

function appendTurn(merged: OpenTurn[], turn: Turn): void {
  if (turn.blocks.length === 0) return
  let last = merged[merged.length - 1]
  if (last?.role !== turn.role) {
    last = { role: turn.role, results: [], others: [], members: {} }
    merged.push(last)
  }
  Object.assign(last.members, turn.opaque?.members)
  for (const block of turn.blocks) (block.type === 'tool_result' ? last.results : last.others).push(block)
}

/** Results go before what stands in the same turn already: a user may have spoken before the last tool was done. */
function closeTurn({ role, results, others, members }: OpenTurn): Turn {
  const opaque = Object.keys(members).length > 0 && { opaque: { dialect: 'openai-chat', members } as const }
  return { role, blocks: [...results, ...others], ...opaque }
}
