import type { Frame, Meter, Surface, Upstream } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { Framer } from '../../core/framing.ts'
import type { Progress, StreamLane } from './lane.ts'
import { CUT_SHORT } from './lane.ts'

const NOTHING = new Uint8Array(0)

/**
 * Client and upstream speak the same dialect: whole frames go through as views of what arrived, byte for byte.
 * A half frame at the end is withheld, so that whatever lynkr must add stands on a line of its own.
 */
export function openPassthroughLane(
  framer: Framer,
  upstream: Upstream,
  surface: Surface,
  requestId: string,
): StreamLane {
  const meter = upstream.openMeter()
  let progress: Progress = 'waiting'
  let failure: ProxyError | null = null
  let repairs = 0

  function advance(frames: readonly Frame[]): void {
    for (const frame of frames) {
      progress = next(progress, meter, frame)
      if (progress === 'failed') failure = meter.error()
    }
  }

  return {
    push(chunk) {
      if (progress === 'ended' || progress === 'failed') {
        repairs++
        return NOTHING
      }
      const { frames, complete } = framer.push(chunk)
      advance(frames)
      return complete
    },
    end(cause) {
      if (progress === 'ended' || progress === 'failed') return ''
      const rest = framer.end()
      advance(rest.frames)
      const tail = decoder.decode(rest.complete)
      if (isOver(progress)) return tail
      const closing = meter.closing()
      if (closing !== null) {
        repairs++
        progress = 'ended'
        return tail + closing
      }
      progress = 'failed'
      failure = cause ?? new ProxyError('stream_interrupted', CUT_SHORT)
      return tail + surface.encodeErrorEvent(failure, requestId)
    },
    progress: () => progress,
    failure: () => failure,
    usage: () => meter.usage(),
    model: () => meter.model(),
    contentBytes: () => meter.contentBytes(),
    repairs: () => repairs,
  }
}

const decoder = new TextDecoder()

function isOver(progress: Progress): boolean {
  return progress === 'ended' || progress === 'failed'
}

function next(progress: Progress, meter: Meter, frame: Frame): Progress {
  if (isOver(progress)) return progress
  switch (meter.push(frame)) {
    case 'prelude':
      return progress
    case 'content':
      return progress === 'waiting' ? 'answering' : progress
    case 'finish':
      return 'finished'
    case 'end':
      return 'ended'
    case 'error':
      return 'failed'
  }
}
