import type { Block, MediaSource, TextBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { invalid } from '../faults.ts'
import { decodeCarrier } from './carrier.ts'
import { MODELLED } from './modelled.ts'
import { decodeSignature } from './thinking-signature.ts'

/**
 * Content of a message or tool result: a string, or an array of blocks. Throws `invalid_request` with the path of
 * what is wrong; a block of a type lynkr does not model is carried whole.
 */
export function decodeContent(value: unknown, path: string): Block[] {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }]
  if (!Array.isArray(value)) throw invalid(path, 'must be a string or an array of blocks')
  return value.map((item, i) => decodeBlock(item, `${path}.${i}`))
}

export function decodeText(wire: Json, path: string): TextBlock {
  const text = member(wire, 'text', path)
  const { citations } = wire
  if (citations === undefined || citations === null)
    return { type: 'text', text, ...decodeCarrier(wire, MODELLED.text) }
  if (!Array.isArray(citations)) throw invalid(`${path}.citations`, 'must be an array')
  return {
    type: 'text',
    text,
    citations: { dialect: 'anthropic', items: citations },
    ...decodeCarrier(wire, MODELLED.text),
  }
}

/** As `decodeContent`, of one block. */
export function decodeBlock(value: unknown, path: string): Block {
  const wire = tryObject(value)
  if (wire === null) throw invalid(path, 'must be an object')
  switch (member(wire, 'type', path)) {
    case 'text':
      return decodeText(wire, path)
    case 'thinking': {
      // Clients hand back what another vendor thought without a signature.
      const signature = decodeSignature(wire.signature)
      return {
        type: 'thinking',
        text: member(wire, 'thinking', path),
        signature,
        ...decodeCarrier(wire, MODELLED.thinking),
      }
    }
    case 'redacted_thinking':
      return {
        type: 'redacted_thinking',
        data: member(wire, 'data', path),
        ...decodeCarrier(wire, MODELLED.redacted_thinking),
      }
    case 'tool_use': {
      if (tryObject(wire.input) === null) throw invalid(`${path}.input`, 'must be an object')
      const id = member(wire, 'id', path)
      const name = member(wire, 'name', path)
      const carried = decodeCarrier(wire, MODELLED.tool_use)
      return { type: 'tool_use', id, name, inputJson: JSON.stringify(wire.input), ...carried }
    }
    case 'tool_result':
      return decodeToolResult(wire, path)
    case 'image': {
      const source = tryMediaSource(wire.source)
      return source === null ? whole(wire) : { type: 'image', source, ...decodeCarrier(wire, MODELLED.image) }
    }
    case 'document':
      return decodeDocument(wire)
    default:
      return whole(wire)
  }
}

function decodeToolResult(wire: Json, path: string): Block {
  const toolUseId = member(wire, 'tool_use_id', path)
  const isError = wire.is_error === true
  const content = wire.content === undefined ? [] : decodeContent(wire.content, `${path}.content`)
  return { type: 'tool_result', toolUseId, content, isError, ...decodeCarrier(wire, MODELLED.tool_result) }
}

function decodeDocument(wire: Json): Block {
  const source = tryMediaSource(wire.source)
  const { title } = wire
  if (source === null || (title !== undefined && typeof title !== 'string')) return whole(wire)
  const carried = decodeCarrier(wire, MODELLED.document)
  return { type: 'document', source, ...(title !== undefined && { title }), ...carried }
}

/** A source in one of the forms that lynkr models; `null` for others, and for one with members it does not know. */
function tryMediaSource(value: unknown): MediaSource | null {
  const wire = tryObject(value)
  if (wire === null) return null
  const has = (...names: string[]): boolean =>
    Object.keys(wire).length === names.length + 1 && names.every((name) => typeof wire[name] === 'string')
  switch (wire.type) {
    case 'base64':
      if (!has('media_type', 'data')) return null
      return { type: 'base64', mediaType: textOf(wire.media_type), data: textOf(wire.data) }
    case 'url':
      return has('url') ? { type: 'url', url: textOf(wire.url) } : null
    case 'file':
      return has('file_id') ? { type: 'file', fileId: textOf(wire.file_id) } : null
    case 'text':
      return has('media_type', 'data') && wire.media_type === 'text/plain'
        ? { type: 'text', text: textOf(wire.data) }
        : null
    default:
      return null
  }
}

function whole(wire: Json): Block {
  return { type: 'opaque', dialect: 'anthropic', payload: wire, deltas: [] }
}

function member(wire: Json, name: string, path: string): string {
  const value = wire[name]
  if (typeof value !== 'string') throw invalid(`${path}.${name}`, 'must be a string')
  return value
}
