import type { TextBlock } from '../../core/block.ts'
import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatRequest, Turn } from '../../core/request.ts'
import { roundsOf } from '../../core/rounds.ts'
import { isAttribution } from '../attribution.ts'
import { reminder } from '../reminder.ts'
import { TOOL_ID_CHARS_MAX, toWireId } from '../tools/tool-ids.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { encodeToolResult } from './encode-tool-result.ts'
import type { EncodeContext } from './encode-tools.ts'
import { encodeUserBlocks, type Part, textPart } from './encode-user.ts'

/**
 * Initial prompt and turns as `messages`: tool results right behind their calls, images of results and folded system
 * turns in the user message that follows, adjacent user messages merged, because many chat templates want
 * strict alternation.
 */
export function encodeMessages(request: ChatRequest, context: EncodeContext): Json[] {
  const messages: Json[] = encodeSystem(request.system, context)
  context.dropped.addTurns(request.turns)
  for (const { assistant, results, rest } of roundsOf(request.turns)) {
    const answer = encodeAssistant(assistant, context)
    if (answer !== null) messages.push(answer)
    const pending: Part[] = []
    for (const result of results) {
      const { text, parts } = encodeToolResult(result, context)
      const id = toWireId(result.toolUseId, context.quirks.toolIdCharsMax ?? TOOL_ID_CHARS_MAX)
      messages.push({ role: 'tool', tool_call_id: id, content: text })
      pending.push(...parts)
    }
    encodeRest(rest, pending, messages, context)
  }
  return messages
}

function encodeSystem(system: readonly TextBlock[], { quirks, dropped }: EncodeContext): Json[] {
  const texts = system.flatMap((block) => {
    dropped.addCarrier(block)
    return isAttribution(block) ? [] : [block.text]
  })
  return texts.length === 0 ? [] : [{ role: quirks.systemRole ?? 'system', content: texts.join('\n\n') }]
}

function encodeRest(rest: readonly Turn[], pending: Part[], messages: Json[], context: EncodeContext): void {
  let extra: Json = {}
  const flush = () => {
    if (pending.length > 0) messages.push({ ...extra, role: 'user', content: contentOf(pending, context) })
    pending.length = 0
    extra = {}
  }
  for (const turn of rest) {
    const parts = encodeUserBlocks(turn.blocks, context)
    if (parts.length === 0) continue
    if (turn.role === 'user') {
      pending.push(...parts)
      extra = { ...extra, ...opaqueMembers(turn.opaque, 'openai-chat') }
      continue
    }
    const text = joinText(parts)
    if (text !== '' && context.quirks.midSystem === 'keep') {
      flush()
      messages.push({ role: context.quirks.systemRole ?? 'system', content: text })
    } else if (text !== '') pending.push(textPart(reminder(text)))
    // A system message is text: what it shows follows in the user's name.
    pending.push(...parts.filter((part) => part.type !== 'text'))
  }
  flush()
}

/** A string where it says the same: old servers know no other form. */
function contentOf(parts: readonly Part[], { quirks, dropped }: EncodeContext): string | readonly Part[] {
  const isText = parts.every((part) => part.type === 'text')
  if (quirks.plainTextContent === true && !isText) dropped.add('media')
  return quirks.plainTextContent === true || (isText && parts.length === 1) ? joinText(parts) : [...parts]
}

function joinText(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
}
