import type { Scheduler } from '../core/clock.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import { extrasOf } from '../core/extras.ts'
import { DRAIN_MS } from '../core/limits.ts'
import type { Attempt } from './attempt.ts'
import { isOver, type Progress } from './lanes/lane.ts'
import { notBegun } from './not-begun.ts'
import type { OpenedStream } from './open-stream.ts'
import type { Inbound, Sink, StreamBody } from './ports.ts'
import { SilenceWatch } from './silence-watch.ts'
import { untilTaken } from './until-taken.ts'
import { estimateLeft, estimateUsage, tryTold } from './usage-estimate.ts'

/**
 * The body of a stream that is about to be committed. After its first byte nothing is retried: whatever breaks becomes
 * the dialect's error event, and the account is settled once, however it ends.
 */
export function relayBody(attempt: Attempt, opened: OpenedStream): StreamBody {
  const { exchange, permit } = attempt
  const { reader, lane } = opened

  function settle(error: ProxyError | null): void {
    const told = lane.usage()
    const usage = tryTold(told)
    const isComplete = usage !== null && error === null
    const estimate = error?.kind === 'client_closed' ? estimateLeft : estimateUsage
    permit.settle(error)
    exchange.settle(error, {
      usage: isComplete
        ? usage
        : { ...extrasOf(told?.extras ?? {}), ...estimate(usage, lane.contentBytes(), exchange.requestBytes) },
      isUsageEstimated: !isComplete,
      model: lane.model(),
      repairs: lane.repairs(),
    })
  }

  return {
    async run(sink) {
      let failure: ProxyError | null = null
      try {
        failure = await pump(attempt, opened, sink)
      } finally {
        settle(failure)
        if (lane.progress() === 'ended') await drain(opened)
        else reader.cancel()
      }
    },
    abandon() {
      reader.cancel()
      settle(new ProxyError('client_closed', 'the client went away before the answer began'))
    },
  }
}

/** The only loop that moves a stream. Returns what broke it, or `null`. */
async function pump(attempt: Attempt, { reader, lane, held }: OpenedStream, sink: Sink): Promise<ProxyError | null> {
  const { deps, exchange, permit, abort } = attempt
  const { surface } = exchange.inbound
  let stopLingering: (() => void) | null = null
  const watch = new SilenceWatch(deps, deps.timeouts, {
    onPing: () => {
      deps.protections.listener.onPing()
      exchange.wrote(surface.ping)
      void sink.write(surface.ping)
    },
    onIdle: () => abort.abort(new ProxyError('upstream_timeout', 'the upstream fell silent inside its answer')),
  })

  const cancelDeadline = watchBegin(attempt, lane)

  function write(out: Uint8Array | string): Promise<void> | undefined {
    if (out.length === 0) return undefined
    exchange.wrote(out)
    const taken = sink.write(out)
    return taken instanceof Promise ? untilTaken(deps.scheduler, taken, abort.signal) : undefined
  }

  try {
    // The head goes out with the first bytes, and a commit without any frame is made so that the client hears something.
    if (held.length === 0) await write(surface.ping)
    for (const piece of held) await write(piece)
    let isTold = true
    while (!isOver(lane.progress())) {
      if (mayBeLast(lane.progress())) stopLingering ??= linger(deps.scheduler, exchange.inbound, abort)
      else if (stopLingering !== null) {
        stopLingering()
        stopLingering = null
      }
      watch.listen(isTold)
      const read = await reader.read()
      watch.rest()
      const turn = deps.turns.take()
      if (turn !== undefined) await turn
      const out = read.type === 'chunk' ? lane.push(read.bytes) : lane.end(null)
      if (hasBegun(lane.progress())) permit.firstEvent()
      isTold = out.length > 0
      const backpressure = write(out)
      if (backpressure !== undefined) await backpressure
    }
  } catch (thrown) {
    const error = toProxyError(abort.signal.aborted ? abort.signal.reason : thrown)
    if (error.kind === 'client_closed') return error
    const broken = new ProxyError('stream_interrupted', error.message, { cause: error })
    // A client that does not take the error event either has ended its stream all the same.
    const told = write(lane.end(broken))?.catch(toProxyError)
    if (error.kind !== 'shutting_down') await told
    return lane.failure()
  } finally {
    stopLingering?.()
    watch.stop()
    cancelDeadline?.()
  }
  return lane.failure()
}

/**
 * Ends a stream that was committed but does not begin in time: comments keep it from being silent, but are no answer. The
 * upstream has our own time limit, even where the client's was shorter: that client hears something by now.
 */
function watchBegin({ deps, abort, commitAtMs }: Attempt, lane: OpenedStream['lane']): (() => void) | null {
  if (lane.progress() !== 'waiting') return null
  const { firstEventMs, pingMs } = deps.timeouts
  const dueAtMs = commitAtMs - pingMs + firstEventMs
  return deps.scheduler.after(Math.max(0, dueAtMs - deps.clock.nowMs()), () => {
    if (lane.progress() === 'waiting') abort.abort(notBegun())
  })
}

/**
 * From the end of an answer, or of a part, on a client that leaves is followed a moment later: what the answer used comes
 * behind its end, and leaving between the two is no way not to be charged for it. A process that is to end does not wait.
 *
 * @returns to be called when the stream is over, or goes on: whoever has left is followed then
 */
function linger(scheduler: Scheduler, inbound: Pick<Inbound, 'follow'>, abort: AbortController): () => void {
  const left = new AbortController()
  let cancel = (): void => undefined
  left.signal.addEventListener('abort', () => {
    const error = toProxyError(left.signal.reason)
    if (error.kind !== 'client_closed') return abort.abort(error)
    cancel = scheduler.after(DRAIN_MS, () => abort.abort(error))
  })
  inbound.follow(left)
  return () => {
    cancel()
    inbound.follow(abort)
  }
}

function mayBeLast(progress: Progress): boolean {
  return progress === 'paused' || progress === 'finished'
}

/** An error is no first event: a probe that fails after its commit has failed. */
function hasBegun(progress: Progress): boolean {
  return progress !== 'waiting' && progress !== 'failed'
}

/** Reads the upstream to its end, which keeps the connection for the next request; gives up on one that will not end. */
async function drain({ reader }: OpenedStream): Promise<void> {
  const read = await reader.readWithin(DRAIN_MS).catch((): null => null)
  if (read?.type !== 'end') reader.cancel()
}
