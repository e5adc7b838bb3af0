import type { OutputBlock } from '../../core/block.ts'
import type { DecodeContext } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import type { ChatResponse } from '../../core/response.ts'
import { malformed } from '../faults.ts'
import { toCanonicalId } from '../tools/tool-ids.ts'
import { type ToolNames, toolNames } from '../tools/tool-names.ts'
import { exceptionError } from './errors.ts'
import { decodeFinishReason, isBroken } from './finish-reason.ts'
import { decodeUsage } from './usage.ts'

/** A whole answer of Converse. Throws `upstream_malformed` on what is none. */
export function decodeResponse(json: unknown, { request, profile }: DecodeContext): ChatResponse {
  const wire = tryObject(json)
  const message = tryObject(tryObject(wire?.output)?.message)
  if (wire === null || message === null) throw malformed('no message')
  if (isBroken(wire.stopReason)) throw exceptionError('modelErrorException', wire.stopReason)
  const names = toolNames(request)
  return {
    id: '',
    model: profile.model,
    blocks: listOf(message.content).flatMap((block) => decodeBlock(tryObject(block) ?? {}, names)),
    reason: decodeFinishReason(wire.stopReason, wire.additionalModelResponseFields),
    usage: decodeUsage(wire.usage),
  }
}

function decodeBlock(wire: Json, names: ToolNames): OutputBlock[] {
  if (typeof wire.text === 'string') return [{ type: 'text', text: wire.text }]
  const call = tryObject(wire.toolUse)
  if (call !== null) {
    const input = tryObject(call.input) ?? {}
    const inputJson = Object.keys(input).length === 0 ? '' : JSON.stringify(input)
    const name = names.toCanonical(textOf(call.name))
    return [{ type: 'tool_use', id: toCanonicalId(textOf(call.toolUseId)), name, inputJson }]
  }
  const reasoning = tryObject(wire.reasoningContent)
  const told = tryObject(reasoning?.reasoningText)
  if (told !== null) return [{ type: 'thinking', text: textOf(told.text), signature: textOf(told.signature) }]
  const data = textOf(reasoning?.redactedContent)
  if (data !== '') return [{ type: 'redacted_thinking', data }]
  if (reasoning !== null || Object.keys(wire).length === 0) return []
  return [{ type: 'opaque', dialect: 'bedrock-converse', payload: wire, deltas: [] }]
}
