import type { OutputBlock } from '../../core/block.ts'
import type { BlockDelta } from '../../core/event.ts'
import { type Json, textOf } from '../../core/json.ts'
import { carry } from './carrier.ts'
import { rest } from './rest.ts'
import { decodeSignature } from './thinking-signature.ts'

const THINKING = new Set(['type', 'thinking'])

/**
 * One `delta` of a stream. Into a block that lynkr does not model everything is carried as it is, and so is a delta
 * of unknown type.
 *
 * @param into the open block, or `null` if the delta names another
 */
export function decodeDelta(wire: Json, into: OutputBlock | null): BlockDelta {
  if (into?.type === 'opaque') return { type: 'opaque', dialect: 'anthropic', payload: wire }
  switch (wire.type) {
    case 'text_delta':
      return { type: 'text', text: textOf(wire.text) }
    case 'input_json_delta':
      return { type: 'input_json', json: textOf(wire.partial_json) }
    case 'thinking_delta':
      return { type: 'thinking', text: textOf(wire.thinking), ...carry(rest(wire, THINKING)) }
    case 'signature_delta':
      return { type: 'signature', signature: decodeSignature(wire.signature) }
    case 'citations_delta':
      return { type: 'citation', dialect: 'anthropic', citation: wire.citation }
    default:
      return { type: 'opaque', dialect: 'anthropic', payload: wire }
  }
}
