import type { OutputBlock } from '../core/block.ts'
import type { DialectId, Dropped } from '../core/dialect.ts'
import type { BlockDelta } from '../core/event.ts'
import { textOf, tryObject } from '../core/json.ts'
import { tryAnswerImage } from './answer-image.ts'
import { droppedName } from './dropped.ts'

/** Dialects whose clients can be shown a picture that a model made. */
const SHOWS_IMAGES: ReadonlySet<DialectId> = new Set(['openai-chat', 'openai-responses'])

/** What of an answer's block clients of `surface` cannot be told, by name; `null` if nothing is lost. */
export function blockLoss(block: OutputBlock, surface: DialectId): Dropped | null {
  if (block.type === 'text') {
    return block.citations === undefined || block.citations.dialect === surface ? null : CITATIONS
  }
  if (block.type !== 'opaque' || block.dialect === surface) return null
  if (tryAnswerImage(block) !== null) return SHOWS_IMAGES.has(surface) ? null : 'answer.image'
  const wire = tryObject(block.payload) ?? {}
  return droppedName('answer', textOf(wire.type) || (Object.keys(wire)[0] ?? ''))
}

/** The same of a piece that streams into a block. */
export function deltaLoss(delta: BlockDelta, surface: DialectId): Dropped | null {
  return delta.type === 'citation' && delta.dialect !== surface ? CITATIONS : null
}

const CITATIONS = 'answer.citations'
