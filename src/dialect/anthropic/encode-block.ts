import { assertNever } from '../../core/assert.ts'
import type { Block, DocumentBlock, ImageBlock, MediaSource } from '../../core/block.ts'
import { withExactNumbers } from '../../core/exact-json.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { isDeeperThan } from '../../core/json-depth.ts'
import { JSON_DEPTH_MAX } from '../../core/limits.ts'
import type { Turn } from '../../core/request.ts'
import { isSealed } from '../../core/sealed.ts'
import { droppedName, nameMembers } from '../dropped.ts'
import { toldText } from '../told-text.ts'
import { encodeCarrier } from './carrier.ts'
import { isForeignData } from './foreign-thinking.ts'

/** Told the name of each feature that a request loses on the way to this dialect. */
export type Drop = (feature: string) => void

/** Whether anything of a turn goes to this dialect. */
export function saysSomething({ blocks }: Pick<Turn, 'blocks'>): boolean {
  return blocks.some((block) => tryEncodeBlock(block, UNHEARD) !== null)
}

const UNHEARD: Drop = () => undefined

/** The wire blocks of a turn or tool result, without those that this dialect has no form for. */
export function encodeBlocks(blocks: readonly Block[], drop: Drop): Json[] {
  return blocks.map((block) => tryEncodeBlock(block, drop)).filter((block) => block !== null)
}

function tryEncodeBlock(block: Block, drop: Drop): Json | null {
  if (block.type !== 'opaque') noteForeign(block, drop)
  switch (block.type) {
    case 'text':
      // The API refuses text without a word; elsewhere a line end before a call is a habit.
      if (block.text.trim() === '') return null
      return { type: 'text', text: block.text, ...encodeCitations(block, drop), ...encodeCarrier(block) }
    case 'refusal':
      if (block.text.trim() === '') return null
      return { type: 'text', text: block.text, ...encodeCarrier(block) }
    case 'thinking':
      // Without its maker's signature a thought is refused, and a signature is never forged.
      if (block.signature === '' || isSealed(block.signature)) return dropped('thinking', drop)
      return { type: 'thinking', thinking: block.text, signature: block.signature, ...encodeCarrier(block) }
    case 'redacted_thinking':
      if (isForeignData(block.data)) return dropped('redacted_thinking', drop)
      return { type: 'redacted_thinking', data: block.data, ...encodeCarrier(block) }
    case 'tool_use': {
      const { id, name, inputJson } = block
      return { type: 'tool_use', id, name, input: encodeInput(inputJson), ...encodeCarrier(block) }
    }
    case 'tool_result': {
      const content = encodeBlocks(block.content, drop)
      const isError = block.isError && { is_error: true }
      return { type: 'tool_result', tool_use_id: block.toolUseId, content, ...isError, ...encodeCarrier(block) }
    }
    case 'image':
      if (isKeptElsewhere(block)) return untold('image', drop)
      return { type: 'image', source: encodeSource(block.source), ...encodeCarrier(block) }
    case 'document': {
      if (isKeptElsewhere(block)) return untold('document', drop)
      const title = block.title !== undefined && { title: block.title }
      return { type: 'document', source: encodeSource(block.source), ...title, ...encodeCarrier(block) }
    }
    case 'opaque': {
      if (block.dialect === 'anthropic') return tryObject(block.payload)
      drop(droppedName('block', textOf(tryObject(block.payload)?.type)))
      const text = toldText(block.payload)
      return text === '' ? null : { type: 'text', text }
    }
    default:
      return assertNever(block)
  }
}

/**
 * A tool call's argument as the object the wire wants, with its numbers as they were. An argument that was cut short, is
 * no object, or is nested deeper than can be written, is kept as text under the key that the API's documentation
 * suggests for it.
 */
export function encodeInput(inputJson: string): unknown {
  if (inputJson === '') return {}
  try {
    const input = tryObject(JSON.parse(inputJson))
    if (input === null || isDeeperThan(input, JSON_DEPTH_MAX)) return { INVALID_JSON: inputJson }
    return withExactNumbers(inputJson, input)
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return { INVALID_JSON: inputJson }
    throw notJson
  }
}

function encodeCitations(block: Block & { type: 'text' }, drop: Drop): Json {
  if (block.citations === undefined) return {}
  if (block.citations.dialect === 'anthropic') return { citations: block.citations.items }
  drop('text.citations')
  return {}
}

function encodeSource(source: MediaSource): Json {
  switch (source.type) {
    case 'base64':
      return { type: 'base64', media_type: source.mediaType, data: source.data }
    case 'url':
      return { type: 'url', url: source.url }
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text }
    case 'file':
      return { type: 'file', file_id: source.fileId }
    default:
      return assertNever(source)
  }
}

function noteForeign(block: Exclude<Block, { type: 'opaque' }>, drop: Drop): void {
  if (block.opaque === undefined || block.opaque.dialect === 'anthropic') return
  nameMembers(block.opaque, block.type, drop)
}

/** A file under a name that another vendor gave it. */
function isKeptElsewhere({ source, opaque }: ImageBlock | DocumentBlock): boolean {
  return source.type === 'file' && opaque !== undefined && opaque.dialect !== 'anthropic'
}

function untold(what: 'image' | 'document', drop: Drop): Json {
  drop(`${what}.file`)
  return { type: 'text', text: `[a file was here that this model cannot be shown: ${what}]` }
}

function dropped(feature: string, drop: Drop): null {
  drop(feature)
  return null
}
