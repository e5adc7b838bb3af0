import type { OpaqueBlock, RedactedThinkingBlock, ToolUseBlock } from '../../core/block.ts'
import type { BlockDelta, StreamEvent } from '../../core/event.ts'
import { STREAM_BLOCKS_MAX, TOOL_CALL_WAIT_CHARS_MAX } from '../../core/limits.ts'
import { malformed } from '../faults.ts'

export type ProseKind = 'text' | 'thinking' | 'refusal'

/** What comes in one piece. */
type WholeBlock = RedactedThinkingBlock | OpaqueBlock

/** A call as far as it is known; the caller fills it in while fragments come. */
export interface CallLane {
  readonly kind: 'call'
  /** The block's start, or `null` as long as too little is known to show it; `isLast` when no more will come. */
  head(isLast: boolean): ToolUseBlock | null
  /** True once the argument can take no more. */
  isComplete(): boolean
}

/** `chars` counts what `waiting` holds. */
type Lane = { readonly waiting: BlockDelta[]; chars: number; isClosed: boolean } & (
  | { readonly kind: ProseKind }
  | { readonly kind: 'whole'; readonly block: WholeBlock }
  | { readonly kind: 'call'; readonly call: CallLane }
)

/**
 * Chat may speak of several things at once; canonical blocks come one after the other. Each block to be is a lane:
 * the first one streams, the others wait until it is complete. Prose is complete as soon as something else begins.
 */
export interface Lanes {
  prose(kind: ProseKind, delta: BlockDelta, chars: number): void
  /** What was begun last, if it may still grow. */
  latest(): Lane['kind'] | null
  whole(block: WholeBlock): void
  openCall(call: CallLane): void
  callDelta(call: CallLane, json: string): void
  /** Opens and closes all that waits. */
  flush(): void
  count(): number
}

/** @param emit takes the events in order. Throws `upstream_malformed` beyond the limits on blocks and waiting text. */
export function openLanes(emit: (event: StreamEvent) => void): Lanes {
  const queue: Lane[] = []
  const lanesOfCalls = new Map<CallLane, Lane>()
  let isHeadOpen = false
  let index = -1
  let laneCount = 0
  let waitingChars = 0

  function add(lane: Lane): void {
    if (++laneCount > STREAM_BLOCKS_MAX) throw malformed(`more than ${STREAM_BLOCKS_MAX} blocks`)
    queue.push(lane)
  }

  function deliver(lane: Lane, delta: BlockDelta, chars: number): void {
    if (lane === queue[0] && isHeadOpen) return emit({ type: 'block_delta', index, delta })
    waitingChars += chars
    lane.chars += chars
    if (waitingChars > TOOL_CALL_WAIT_CHARS_MAX) throw malformed('too much text waits for an unfinished tool call')
    lane.waiting.push(delta)
  }

  function tryOpen(lane: Lane, isLast: boolean): boolean {
    const block = lane.kind === 'call' ? lane.call.head(isLast) : lane.kind === 'whole' ? lane.block : PROSE[lane.kind]
    if (block === null) return false
    index++
    isHeadOpen = true
    emit({ type: 'block_start', index, block })
    for (const delta of lane.waiting) emit({ type: 'block_delta', index, delta })
    waitingChars -= lane.chars
    return true
  }

  function advance(isLast: boolean): void {
    for (let lane = queue[0]; lane !== undefined; lane = queue[0]) {
      if (!isHeadOpen && !tryOpen(lane, isLast)) return
      const isDone = lane.kind === 'call' ? queue.length > 1 && lane.call.isComplete() : queue.length > 1
      if (!isDone && !isLast) return
      emit({ type: 'block_stop', index })
      isHeadOpen = false
      lane.isClosed = true
      queue.shift()
    }
  }

  return {
    prose(kind, delta, chars) {
      let lane = queue[queue.length - 1]
      if (lane?.kind !== kind) {
        lane = { kind, waiting: [], chars: 0, isClosed: false }
        add(lane)
        advance(false)
      }
      deliver(lane, delta, chars)
    },
    latest: () => queue[queue.length - 1]?.kind ?? null,
    whole(block) {
      add({ kind: 'whole', block, waiting: [], chars: 0, isClosed: false })
      advance(false)
    },
    openCall(call) {
      const lane: Lane = { kind: 'call', call, waiting: [], chars: 0, isClosed: false }
      lanesOfCalls.set(call, lane)
      add(lane)
      advance(false)
    },
    callDelta(call, json) {
      const lane = lanesOfCalls.get(call)
      // A call whose lane has closed was complete: what follows can only be white space or an error of the server.
      if (lane === undefined || lane.isClosed) return
      if (json !== '') deliver(lane, { type: 'input_json', json }, json.length)
      advance(false)
    },
    flush: () => advance(true),
    count: () => laneCount,
  }
}

const PROSE = Object.freeze({
  text: Object.freeze({ type: 'text', text: '' } as const),
  thinking: Object.freeze({ type: 'thinking', text: '', signature: '' } as const),
  refusal: Object.freeze({ type: 'refusal', text: '' } as const),
})
