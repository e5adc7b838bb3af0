import { assertNever } from './assert.ts'
import type { OutputBlock } from './block.ts'
import type { BlockDelta, StreamEvent } from './event.ts'
import type { ChatResponse } from './response.ts'

/** A whole response as the stream that makes it. Law: `collect(replay(r))` equals `r`, and the stream is grammatical. */
export function replay(response: ChatResponse): StreamEvent[] {
  const { id, model, opaque, usage, usageOpaque, reason, finishOpaque } = response
  const events: StreamEvent[] = [{ type: 'start', id, model, ...(opaque && { opaque }) }]
  response.blocks.forEach((block, index) => {
    const { head, deltas } = split(block)
    events.push({ type: 'block_start', index, block: head })
    for (const delta of deltas) events.push({ type: 'block_delta', index, delta })
    events.push({ type: 'block_stop', index })
  })
  events.push({ type: 'usage', usage, ...(usageOpaque && { opaque: usageOpaque }) })
  events.push({ type: 'finish', reason, ...(finishOpaque && { opaque: finishOpaque }) })
  return events
}

function split(block: OutputBlock): { head: OutputBlock; deltas: readonly BlockDelta[] } {
  switch (block.type) {
    case 'text': {
      const { citations, ...rest } = block
      const deltas: BlockDelta[] = block.text === '' ? [] : [{ type: 'text', text: block.text }]
      if (citations !== undefined) {
        const { dialect, items } = citations
        for (const citation of items) deltas.push({ type: 'citation', dialect, citation })
      }
      return { head: { ...rest, text: '' }, deltas }
    }
    case 'refusal':
      return { head: { ...block, text: '' }, deltas: [{ type: 'refusal', text: block.text }] }
    case 'thinking': {
      const deltas: BlockDelta[] = block.text === '' ? [] : [{ type: 'thinking', text: block.text }]
      if (block.signature !== '') deltas.push({ type: 'signature', signature: block.signature })
      return { head: { ...block, text: '', signature: '' }, deltas }
    }
    case 'tool_use': {
      const deltas: BlockDelta[] = block.inputJson === '' ? [] : [{ type: 'input_json', json: block.inputJson }]
      return { head: { ...block, inputJson: '' }, deltas }
    }
    case 'opaque': {
      const deltas = block.deltas.map((payload): BlockDelta => ({ type: 'opaque', dialect: block.dialect, payload }))
      return { head: { ...block, deltas: [] }, deltas }
    }
    case 'redacted_thinking':
      return { head: block, deltas: [] }
    default:
      return assertNever(block)
  }
}
