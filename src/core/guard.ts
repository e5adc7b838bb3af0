import type { OutputBlock } from './block.ts'
import type { StreamEvent } from './event.ts'
import { fits, openGrammar } from './grammar.ts'
import { TOOL_CALL_WAIT_CHARS_MAX } from './limits.ts'

/** Why the guard had to step in; a closed set, so that it can be a metric label. */
export type Repair =
  | 'block_closed'
  | 'block_opened'
  | 'index_changed'
  | 'event_delayed'
  | 'event_dropped'
  | 'start_added'

export interface Guard {
  /** The event, and whatever must stand before it, as a legal continuation of the stream. */
  push(event: StreamEvent): readonly StreamEvent[]
}

/**
 * Makes any sequence of events a legal stream: closes open blocks, renumbers indices, drops what has no place and
 * what follows the end. The law: the output always satisfies `openGrammar`, and a legal input comes out unchanged
 * without a repair. Before an error an open block stays open, for a client would take a closed one as complete and
 * might run a tool call that was cut short.
 *
 * Prose is over when something else begins. A tool call is over when its server says so, for clients run what is
 * closed: other blocks that are told meanwhile wait. Nothing of an argument is lost in silence; one without its call
 * ends the stream in an error.
 *
 * @param onRepair called once per repair, for the counter
 */
export function openGuard(onRepair: (repair: Repair) => void): Guard {
  const grammar = openGrammar()
  let open: { from: number; block: OutputBlock } | null = null
  /** What other blocks said while a tool call was open, by their index. */
  const waiting = new Map<number, BlockEvent[]>()
  let waitingChars = 0

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
      if (head === null) return dropDelta(out, event)
      onRepair('block_opened')
      closeOpen(out)
      open = { from: event.index, block: head }
      emit(out, { type: 'block_start', index: grammar.nextIndex(), block: head })
    }
    const index = grammar.openIndex() ?? event.index
    emit(out, index === event.index ? event : { ...event, index })
  }

  function dropDelta(out: StreamEvent[], { delta }: StreamEvent & { type: 'block_delta' }): void {
    onRepair('event_dropped')
    if (delta.type === 'input_json' && delta.json !== '')
      fail(out, 'the upstream sent an argument without its tool call')
  }

  function fail(out: StreamEvent[], message: string): void {
    emit(out, { type: 'error', kind: 'upstream_malformed', message })
  }

  /** Of another block than the tool call that is open. */
  function mustWait(event: BlockEvent): boolean {
    return open?.block.type === 'tool_use' && event.index !== open.from
  }

  function delay(out: StreamEvent[], event: BlockEvent): void {
    onRepair('event_delayed')
    const earlier = waiting.get(event.index)
    if (earlier === undefined) waiting.set(event.index, [event])
    else earlier.push(event)
    waitingChars += JSON.stringify(event).length
    if (waitingChars > TOOL_CALL_WAIT_CHARS_MAX) fail(out, 'too much of the answer waits for an unfinished tool call')
  }

  /** Block by block, up to the next tool call that is not over. */
  function pushWaiting(out: StreamEvent[]): void {
    for (const [index, events] of waiting) {
      if (open?.block.type === 'tool_use') return
      waiting.delete(index)
      for (const event of events) if (!grammar.isEnded()) pushInPlace(out, event)
    }
    waitingChars = 0
  }

  function pushBlockEvent(out: StreamEvent[], event: BlockEvent): void {
    if (mustWait(event)) return delay(out, event)
    pushInPlace(out, event)
    if (waiting.size > 0 && event.type === 'block_stop') pushWaiting(out)
  }

  function pushInPlace(out: StreamEvent[], event: BlockEvent): void {
    if (event.type === 'block_start') pushBlockStart(out, event)
    else if (event.type === 'block_delta') pushDelta(out, event)
    else pushBlockStop(out, event)
  }

  function pushFinish(out: StreamEvent[], event: StreamEvent & { type: 'finish' }): void {
    while (grammar.openIndex() !== null && !grammar.isEnded()) {
      onRepair('block_closed')
      closeOpen(out)
      pushWaiting(out)
    }
    if (!grammar.isEnded()) emit(out, event)
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
      if (event.type === 'finish') pushFinish(out, event)
      else if (event.type === 'start' || event.type === 'usage' || event.type === 'error') emit(out, event)
      else pushBlockEvent(out, event)
      return out
    },
  }
}

type BlockEvent = StreamEvent & { type: 'block_start' | 'block_delta' | 'block_stop' }

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
