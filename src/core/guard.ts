import type { OutputBlock } from './block.ts'
import type { StreamEvent } from './event.ts'
import { fits, openGrammar } from './grammar.ts'

/** Why the guard had to step in; a closed set, so that it can be a metric label. */
export type Repair = 'block_closed' | 'block_opened' | 'index_changed' | 'event_dropped' | 'start_added' | 'end_added'

export interface Guard {
  /** The event, and whatever must stand before it, as a legal continuation of the stream. */
  push(event: StreamEvent): readonly StreamEvent[]
  /**
   * What a stream without a terminal event still needs: the error event. An open block stays open, for a client would
   * take a closed one as complete and might run a tool call that was cut short.
   */
  end(message: string): readonly StreamEvent[]
}

/**
 * Makes any sequence of events a legal stream: closes open blocks, renumbers indices, drops what has no place,
 * ends exactly once. The law: the output always satisfies `openGrammar`, and a legal input comes out unchanged
 * without a repair.
 *
 * @param onRepair called once per repair, for the counter
 */
export function openGuard(onRepair: (repair: Repair) => void): Guard {
  const grammar = openGrammar()
  let open: { from: number; block: OutputBlock } | null = null

  function emit(out: StreamEvent[], event: StreamEvent): void {
    const wrong = grammar.check(event)
    if (wrong !== null) throw new Error(`invariant broken: guard emits ${wrong}`)
    out.push(event)
  }

  function closeOpen(out: StreamEvent[]): void {
    const index = grammar.openIndex()
    if (index === null) return
    emit(out, { type: 'block_stop', index })
    open = null
  }

  function ensureStarted(out: StreamEvent[]): void {
    if (grammar.isStarted()) return
    onRepair('start_added')
    emit(out, { type: 'start', id: '', model: '' })
  }

  function pushBlockStart(out: StreamEvent[], event: StreamEvent & { type: 'block_start' }): void {
    if (grammar.openIndex() !== null) {
      onRepair('block_closed')
      closeOpen(out)
    }
    const index = grammar.nextIndex()
    if (index !== event.index) onRepair('index_changed')
    open = { from: event.index, block: event.block }
    emit(out, index === event.index ? event : { ...event, index })
  }

  function pushDelta(out: StreamEvent[], event: StreamEvent & { type: 'block_delta' }): void {
    if (open === null || open.from !== event.index || !fits(open.block, event.delta)) {
      const head = headFor(event.delta)
      if (head === null) return onRepair('event_dropped')
      onRepair('block_opened')
      closeOpen(out)
      open = { from: event.index, block: head }
      emit(out, { type: 'block_start', index: grammar.nextIndex(), block: head })
    }
    const index = grammar.openIndex() ?? event.index
    emit(out, index === event.index ? event : { ...event, index })
  }

  function pushBlockStop(out: StreamEvent[], event: StreamEvent & { type: 'block_stop' }): void {
    const index = grammar.openIndex()
    if (index === null || open?.from !== event.index) return onRepair('event_dropped')
    open = null
    emit(out, index === event.index ? event : { ...event, index })
  }

  return {
    push(event) {
      const out: StreamEvent[] = []
      if (grammar.isEnded() || (event.type === 'start' && grammar.isStarted())) {
        onRepair('event_dropped')
        return out
      }
      if (event.type !== 'start' && event.type !== 'error') ensureStarted(out)
      if (event.type === 'block_start') pushBlockStart(out, event)
      else if (event.type === 'block_delta') pushDelta(out, event)
      else if (event.type === 'block_stop') pushBlockStop(out, event)
      else {
        if (event.type === 'finish' && grammar.openIndex() !== null) {
          onRepair('block_closed')
          closeOpen(out)
        }
        emit(out, event)
      }
      return out
    },
    end(message) {
      const out: StreamEvent[] = []
      if (grammar.isEnded()) return out
      onRepair('end_added')
      emit(out, { type: 'error', kind: 'stream_interrupted', message })
      return out
    },
  }
}

/** The block a stray delta can open by itself; a tool call without id and name cannot be invented. */
function headFor(delta: (StreamEvent & { type: 'block_delta' })['delta']): OutputBlock | null {
  switch (delta.type) {
    case 'text':
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', text: '', signature: '' }
    case 'refusal':
      return { type: 'refusal', text: '' }
    default:
      return null
  }
}
