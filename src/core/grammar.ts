import type { OutputBlock } from './block.ts'
import type { BlockDelta, StreamEvent } from './event.ts'

/** Checks a stream against the grammar of `StreamEvent`, one event at a time. */
export interface Grammar {
  /** What is wrong with this event here, or `null`. A wrong event leaves the state as it was. */
  check(event: StreamEvent): string | null
  /** Index of the open block, or `null`. */
  openIndex(): number | null
  /** Index that the next `block_start` must carry. */
  nextIndex(): number
  isStarted(): boolean
  isEnded(): boolean
}

export function openGrammar(): Grammar {
  let phase: 'before' | 'inside' | 'ended' = 'before'
  let open: { index: number; block: OutputBlock } | null = null
  let next = 0

  function violation(event: StreamEvent): string | null {
    if (phase === 'ended') return `${event.type} after the end`
    if (event.type === 'error') return null
    if (event.type === 'start') return phase === 'before' ? null : 'second start'
    if (phase === 'before') return `${event.type} before start`
    switch (event.type) {
      case 'usage':
        return null
      case 'block_start':
        if (open !== null) return `block ${event.index} starts inside block ${open.index}`
        return event.index === next ? null : `block ${event.index} where ${next} is due`
      case 'block_delta':
        if (open?.index !== event.index) return `delta for block ${event.index}, which is not open`
        return fits(open.block, event.delta) ? null : `${event.delta.type} delta in a ${open.block.type} block`
      case 'block_stop':
        return open?.index === event.index ? null : `stop of block ${event.index}, which is not open`
      case 'finish':
        return open === null ? null : `finish with block ${open.index} open`
    }
  }

  return {
    check(event) {
      const wrong = violation(event)
      if (wrong !== null) return wrong
      if (event.type === 'start') phase = 'inside'
      else if (event.type === 'finish' || event.type === 'error') phase = 'ended'
      else if (event.type === 'block_start') {
        open = { index: event.index, block: event.block }
        next++
      } else if (event.type === 'block_stop') open = null
      return null
    },
    openIndex: () => open?.index ?? null,
    nextIndex: () => next,
    isStarted: () => phase !== 'before',
    isEnded: () => phase === 'ended',
  }
}

/** Which deltas a block takes. */
export function fits(block: OutputBlock, delta: BlockDelta): boolean {
  switch (delta.type) {
    case 'text':
    case 'citation':
      return block.type === 'text'
    case 'thinking':
    case 'signature':
      return block.type === 'thinking'
    case 'input_json':
      return block.type === 'tool_use'
    case 'refusal':
      return block.type === 'refusal'
    case 'opaque':
      return block.type === 'opaque' && block.dialect === delta.dialect
  }
}
