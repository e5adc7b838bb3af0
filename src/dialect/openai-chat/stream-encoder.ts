import { assertNever } from '../../core/assert.ts'
import type { OutputBlock } from '../../core/block.ts'
import type { Encoder, EncoderOptions } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { BlockDelta, StreamEvent } from '../../core/event.ts'
import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import { NO_USAGE } from '../../core/usage.ts'
import { toWireId } from '../tools/tool-ids.ts'
import { isCustomCall } from './custom-calls.ts'
import { customNames, freeText } from './custom-tools.ts'
import { encodeErrorEvent } from './encode-error.ts'
import { completionId, tryImagePart } from './encode-response.ts'
import { encodeFinishReason } from './finish-reason.ts'
import { encryptedDetail } from './reasoning.ts'
import { DONE, sseData } from './sse.ts'
import { encodeUsage } from './usage.ts'

/**
 * Canonical events as Chat chunks: one with the role, the deltas, one with the finish reason, one with usage if the
 * client asked, `[DONE]`. Calls are counted by themselves, not by block. An error ends the stream without `[DONE]`, so
 * that no client takes it for complete.
 */
export function openStreamEncoder({ requestId, wallMs, request }: EncoderOptions): Encoder {
  // All chunks are alike but for delta and reason, so the rest is written once.
  let head = ''
  let envelope: Json = {}
  const usageTail = request.wantsStreamUsage ? ',"usage":null' : ''
  let usage: StreamEvent & { type: 'usage' } = { type: 'usage', usage: NO_USAGE }
  let callIndex = -1
  let imageIndex = 0
  /** Whether a call is open that has told no argument yet. */
  let isBare = false
  let hasRefusal = false
  const customs = customNames(request.tools)
  let custom: { head: OutputBlock & { type: 'tool_use' }; json: string } | null = null

  function chunk(deltaJson: string, reason: string | null = null): string {
    return `${head}${deltaJson},"logprobs":null,"finish_reason":${JSON.stringify(reason)}}]${usageTail}}\n\n`
  }

  function start(event: StreamEvent & { type: 'start' }): string {
    envelope = {
      created: Math.floor(wallMs / 1000),
      ...opaqueMembers(event.opaque, 'openai-chat'),
      id: completionId(event.id, requestId),
      object: 'chat.completion.chunk',
      model: event.model,
    }
    head = `data: ${JSON.stringify(envelope).slice(0, -1)},"choices":[{"index":0,"delta":`
    return chunk('{"role":"assistant","content":"","refusal":null}')
  }

  function blockStart(block: OutputBlock): string {
    hasRefusal ||= block.type === 'refusal'
    if (block.type === 'redacted_thinking') return chunk(detailJson(encryptedDetail(block.data)))
    if (block.type === 'opaque') {
      const image = tryImagePart(block)
      return image === null ? '' : chunk(JSON.stringify({ images: [{ index: imageIndex++, ...image }] }))
    }
    if (block.type !== 'tool_use') return ''
    callIndex++
    if (isCustomCall(block, customs)) {
      custom = { head: block, json: block.inputJson }
      return ''
    }
    const { id, name, inputJson } = block
    isBare = inputJson === ''
    const call = { index: callIndex, id: toWireId(id), type: 'function', function: { name, arguments: inputJson } }
    return chunk(`{"tool_calls":[${JSON.stringify(call)}]}`)
  }

  function delta(piece: BlockDelta): string {
    switch (piece.type) {
      case 'text':
        return chunk(`{"content":${JSON.stringify(piece.text)}}`)
      case 'thinking':
        return chunk(`{"reasoning_content":${JSON.stringify(piece.text)}}`)
      case 'refusal':
        return chunk(`{"refusal":${JSON.stringify(piece.text)}}`)
      case 'signature':
        return chunk(detailJson({ type: 'reasoning.text', signature: piece.signature }))
      case 'input_json':
        if (custom !== null) {
          custom.json += piece.json
          return ''
        }
        isBare &&= piece.json === ''
        return argument(piece.json)
      case 'citation':
        if (piece.dialect !== 'openai-chat') return ''
        return chunk(`{"annotations":[${JSON.stringify(piece.citation)}]}`)
      case 'opaque':
        return ''
      default:
        return assertNever(piece)
    }
  }

  function argument(json: string): string {
    return chunk(`{"tool_calls":[{"index":${callIndex},"function":{"arguments":${JSON.stringify(json)}}}]}`)
  }

  /** The text of a custom call cannot be cut out of its JSON before that is complete; no argument at all is no JSON. */
  function blockStop(): string {
    if (custom === null) {
      const rest = isBare ? argument('{}') : ''
      isBare = false
      return rest
    }
    const { id, name } = custom.head
    const input = freeText({ inputJson: custom.json })
    custom = null
    const call = { index: callIndex, id: toWireId(id), type: 'custom', custom: { name, input } }
    return chunk(`{"tool_calls":[${JSON.stringify(call)}]}`)
  }

  function finish(event: StreamEvent & { type: 'finish' }): string {
    const last = chunk('{}', encodeFinishReason(event.reason, hasRefusal))
    if (!request.wantsStreamUsage) return last + DONE
    const counts = encodeUsage(usage.usage, usage.opaque)
    return last + sseData({ ...envelope, choices: [], usage: counts }) + DONE
  }

  return {
    push(event) {
      switch (event.type) {
        case 'start':
          return start(event)
        case 'usage':
          usage = event.opaque === undefined ? { ...event, ...(usage.opaque && { opaque: usage.opaque }) } : event
          return ''
        case 'block_start':
          return blockStart(event.block)
        case 'block_delta':
          return delta(event.delta)
        case 'block_stop':
          return blockStop()
        case 'finish':
          return finish(event)
        case 'error':
          return encodeErrorEvent(new ProxyError(event.kind, event.message))
        default:
          return assertNever(event)
      }
    },
  }
}

function detailJson(detail: Json): string {
  return JSON.stringify({ reasoning_details: [{ ...detail, index: 0 }] })
}
