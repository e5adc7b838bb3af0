import { type ProxyError, toProxyError } from '../core/errors.ts'
import type { StreamEvent } from '../core/event.ts'

/** Where a stream's decoder puts its events, one step at a time. Nothing follows a `finish` or an `error`. */
export interface EventSink {
  emit(event: StreamEvent): void
  /** Ends the stream in an error event. */
  fail(error: ProxyError): void
  /**
   * Events of one step, in a list of their own. What the step throws ends the stream; once it has ended, no step runs.
   */
  run(step: () => void): readonly StreamEvent[]
}

/** A decoder never throws: whatever breaks becomes the stream's last event. */
export function openEventSink(): EventSink {
  let out: StreamEvent[] = []
  let isEnded = false

  function emit(event: StreamEvent): void {
    if (isEnded) return
    isEnded = event.type === 'finish' || event.type === 'error'
    out.push(event)
  }

  function fail({ kind, message }: ProxyError): void {
    emit({ type: 'error', kind, message })
  }

  return {
    emit,
    fail,
    run(step) {
      if (isEnded) return NOTHING
      out = []
      try {
        step()
      } catch (thrown) {
        fail(toProxyError(thrown))
      }
      return out
    },
  }
}

const NOTHING: readonly StreamEvent[] = Object.freeze([])
