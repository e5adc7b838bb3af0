import type { Block } from '../../core/block.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import type { Turn } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { argumentText } from '../openai-chat/call-fragments.ts'
import { encodeCustomInput } from '../openai-chat/custom-calls.ts'
import { type Conversation, splitPrompt } from '../openai-chat/prompt.ts'
import { restOf } from '../rest.ts'
import { toCanonicalId } from '../tools/tool-ids.ts'
import { decodeParts } from './decode-parts.ts'
import { joinedName } from './names.ts'
import { decodeReasoningItem } from './reasoning-seal.ts'

/**
 * Instructions and items as initial prompt and turns. Developer and system messages at the head are the prompt, later
 * ones are turns; calls and reasoning join the assistant's turn, outputs the user's, in front of what the user says.
 * Throws `invalid_request` with the path.
 */
export function decodeInput({ instructions, input }: Json): Conversation {
  const drafts: Draft[] = []
  append(drafts, { role: 'system', blocks: decodeParts(instructions, 'instructions') })
  if (typeof input === 'string') append(drafts, { role: 'user', blocks: decodeParts(input, 'input') })
  listOf(input).forEach((value, i) => {
    // The envelope check saw to it that it is an object.
    append(drafts, decodeItem(tryObject(value) ?? {}, `input.${i}`))
  })
  const turns = drafts.map(({ role, results, others, members }): Turn => {
    const opaque = Object.keys(members).length > 0 && { opaque: { dialect: 'openai-responses', members } as const }
    return { role, blocks: [...results, ...others], ...opaque }
  })
  return splitPrompt(turns)
}

/** A turn as it grows. Outputs go before what stands in it already: a user may have spoken before the last tool was done. */
interface Draft {
  readonly role: Turn['role']
  readonly results: Block[]
  readonly others: Block[]
  /** What its messages say beside their content. */
  readonly members: Record<string, unknown>
}

function append(drafts: Draft[], { role, blocks, opaque }: Turn): void {
  if (blocks.length === 0) return
  let draft = drafts.at(-1)
  if (draft?.role !== role) {
    draft = { role, results: [], others: [], members: {} }
    drafts.push(draft)
  }
  Object.assign(draft.members, opaque?.members)
  for (const block of blocks) (block.type === 'tool_result' ? draft.results : draft.others).push(block)
}

function decodeItem(item: Json, path: string): Turn {
  switch (item.type ?? 'message') {
    case 'message':
      return {
        role: roleOf(item, path),
        blocks: decodeParts(item.content, `${path}.content`),
        ...carried(item, MESSAGE),
      }
    case 'reasoning':
      return { role: 'assistant', blocks: [decodeReasoningItem(item)] }
    case 'function_call':
      return { role: 'assistant', blocks: [callOf(item, path, argumentText(item.arguments))] }
    case 'custom_tool_call':
      return { role: 'assistant', blocks: [callOf(item, path, encodeCustomInput(textOf(item.input)))] }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'user', blocks: [outputOf(item, path)] }
    case 'item_reference':
      throw invalid(path, 'item_reference: the item is kept by another provider; send it whole')
    case 'compaction_trigger':
      throw invalid(path, 'compaction_trigger: the model behind this name cannot compact; summarise in the client')
    default: {
      const isOutput = String(item.type).endsWith('_output')
      const block: Block = { type: 'opaque', dialect: 'openai-responses', payload: item, deltas: [] }
      return { role: isOutput ? 'user' : 'assistant', blocks: [block] }
    }
  }
}

const MESSAGE = new Set(['type', 'role', 'content', 'id', 'status'])
const CALL = new Set(['type', 'id', 'call_id', 'name', 'namespace', 'arguments', 'input', 'status'])
const OUTPUT = new Set(['type', 'id', 'call_id', 'output', 'status'])

function carried(item: Json, known: ReadonlySet<string>): Pick<Turn, 'opaque'> {
  const members = restOf(item, known)
  return members === null ? {} : { opaque: { dialect: 'openai-responses', members } }
}

function roleOf({ role }: Json, path: string): Turn['role'] {
  if (role === 'user' || role === 'assistant' || role === 'system') return role
  if (role === 'developer') return 'system'
  throw invalid(`${path}.role`, 'must be user, assistant, system or developer')
}

function callOf(item: Json, path: string, inputJson: string): Block {
  const name = textOf(item.name)
  if (name === '') throw invalid(`${path}.name`, 'must be a non-empty string')
  const joined = joinedName(textOf(item.namespace), name)
  return { type: 'tool_use', id: callId(item, path), name: joined, inputJson, ...carried(item, CALL) }
}

function outputOf(item: Json, path: string): Block {
  const content = decodeParts(item.output, `${path}.output`)
  return { type: 'tool_result', toolUseId: callId(item, path), content, isError: false, ...carried(item, OUTPUT) }
}

function callId(item: Json, path: string): string {
  const id = textOf(item.call_id)
  if (id === '') throw invalid(`${path}.call_id`, 'must be a non-empty string')
  return toCanonicalId(id)
}
