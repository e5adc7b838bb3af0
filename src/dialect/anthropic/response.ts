import type { EncoderOptions } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import { textOf, tryObject } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatResponse } from '../../core/response.ts'
import { NO_USAGE } from '../../core/usage.ts'
import type { ToolNames } from '../tools/tool-names.ts'
import { carry } from './carrier.ts'
import { decodeFinishReason, encodeFinishReason } from './finish-reason.ts'
import { MODELLED } from './modelled.ts'
import { noMessage } from './no-message.ts'
import { decodeOutputBlock, tryEncodeOutputBlock } from './output-block.ts'
import { rest } from './rest.ts'
import { encodeUsage, openUsageTally } from './usage.ts'

/**
 * A whole answer. Throws `upstream_malformed` on what is not a message, or the error that it is.
 *
 * @param names what tools were called in the request, if not as they are
 */
export function decodeResponse(json: unknown, names?: Pick<ToolNames, 'toCanonical'>): ChatResponse {
  const wire = tryObject(json)
  if (wire?.type !== 'message' || !Array.isArray(wire.content)) throw noMessage(json)
  const blocks = wire.content.map((item, i) => {
    const itemWire = tryObject(item)
    if (itemWire === null) throw new ProxyError('upstream_malformed', `the upstream's content.${i} is not a block`)
    const block = decodeOutputBlock(itemWire)
    if (block.type !== 'tool_use' || names === undefined) return block
    return { ...block, name: names.toCanonical(block.name) }
  })
  const tally = openUsageTally()
  tally.add(wire.usage)
  const usageOpaque = carry(tally.opaque()).opaque
  return {
    id: textOf(wire.id),
    model: textOf(wire.model),
    blocks,
    reason: decodeFinishReason(wire.stop_reason, wire.stop_sequence),
    usage: tally.usage() ?? NO_USAGE,
    ...carry(rest(wire, MODELLED.message)),
    ...(usageOpaque && { usageOpaque }),
  }
}

/** A whole answer for a Messages client; blocks that have no form here are left out. */
export function encodeResponse(response: ChatResponse, options: EncoderOptions): Readonly<Record<string, unknown>> {
  return {
    ...opaqueMembers(response.opaque, 'anthropic'),
    ...opaqueMembers(response.finishOpaque, 'anthropic'),
    id: messageId(response.id, options),
    type: 'message',
    role: 'assistant',
    model: response.model || options.request.model,
    content: response.blocks.map(tryEncodeOutputBlock).filter((block) => block !== null),
    ...encodeFinishReason(response.reason),
    usage: encodeUsage(response.usage, opaqueMembers(response.usageOpaque, 'anthropic')),
  }
}

/** The upstream's id, or one made of the request's. */
export function messageId(id: string, { requestId }: EncoderOptions): string {
  return id === '' ? `msg_${requestId}` : id
}
