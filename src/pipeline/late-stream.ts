import { ProxyError } from '../core/errors.ts'
import type { Attempt } from './attempt.ts'
import { notBegun } from './not-begun.ts'
import type { OpenedStream } from './open-stream.ts'
import type { Sink, StreamBody } from './ports.ts'
import { relayBody } from './relay.ts'
import { SilenceWatch } from './silence-watch.ts'

type Opening = { readonly opened: OpenedStream } | { readonly error: ProxyError }

/** Resolves with what the promise brings, or with `null` when the stream must be committed; the promise is still pending then. */
export function beforeCommit<T>({ deps, commitAtMs }: Attempt, promise: Promise<T>): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const cancel = deps.scheduler.after(Math.max(0, commitAtMs - deps.clock.nowMs()), () => resolve(null))
    promise.then(resolve, reject).finally(cancel)
  })
}

/**
 * The body of a stream that is committed before its upstream has said anything at all: a server that reads a long
 * prompt, or loads its model, may withhold even its head for minutes. Pings go out until the answer begins; from then
 * on it is relayed as any other. What fails meanwhile is not tried again, and becomes the dialect's error event.
 */
export function lateBody(attempt: Attempt, opening: Promise<OpenedStream>): StreamBody {
  const { abort } = attempt
  const settled: Promise<Opening> = opening.then(
    (opened) => ({ opened }),
    (thrown: unknown) => ({ error: attempt.failed(thrown) }),
  )

  return {
    async run(sink) {
      const result = await pingUntil(attempt, sink, settled)
      if ('opened' in result) return relayBody(attempt, result.opened).run(sink)
      try {
        if (result.error.kind !== 'client_closed') await writeError(attempt, sink, result.error)
      } finally {
        settleFailed(attempt, result.error)
      }
    },
    abandon() {
      abort.abort(new ProxyError('client_closed', 'the client went away before the answer began'))
      void settled.then((result) => {
        if ('opened' in result) relayBody(attempt, result.opened).abandon()
        else settleFailed(attempt, result.error)
      })
    },
  }
}

/** Nothing was answered. Nothing is charged either, unless it was the client that did not wait. */
function settleFailed({ exchange }: Attempt, error: ProxyError): void {
  const { isHasty, isUnsent } = error.detail
  const isLeft = isUnsent !== true && (error.kind === 'client_closed' || isHasty === true)
  exchange.settle(error, isLeft ? exchange.unanswered : undefined)
}

async function pingUntil(
  { deps, exchange, abort, timeoutAtMs }: Attempt,
  sink: Sink,
  settled: Promise<Opening>,
): Promise<Opening> {
  const { ping } = exchange.inbound.surface
  const onPing = (): void => {
    deps.protections.listener.onPing()
    exchange.wrote(ping)
    void sink.write(ping)
  }
  const idleMs = timeoutAtMs - deps.clock.nowMs()
  const watch = new SilenceWatch(
    deps,
    { pingMs: deps.timeouts.pingMs, idleMs },
    { onPing, onIdle: () => abort.abort(notBegun()) },
  )
  onPing()
  watch.listen(true)
  try {
    return await settled
  } finally {
    watch.stop()
  }
}

function writeError({ exchange }: Attempt, sink: Sink, error: ProxyError): Promise<void> | void {
  const { surface, requestId } = exchange.inbound
  const event = surface.encodeErrorEvent(error, requestId)
  exchange.wrote(event)
  return sink.write(event)
}
