import type { Frame, Meter, Surface, Upstream } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { FramedChunk, Framer } from '../../core/framing.ts'
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

  /** What of a push goes to the client: everything up to the frame that ends the stream; frames behind it have no place. */
  function advance({ frames, ends, complete }: FramedChunk): Uint8Array {
    if (isOver(progress)) {
      repairs += frames.length
      return NOTHING
    }
    for (const [i, frame] of frames.entries()) {
      progress = next(progress, meter, frame)
      if (!isOver(progress)) continue
      if (progress === 'failed') failure = meter.error()
      repairs += frames.length - i - 1
      return complete.subarray(0, ends[i])
    }
    return complete
  }

  return {
    push: (chunk) => advance(framer.push(chunk)),
    end(cause) {
      if (isOver(progress)) return ''
      const tail = decoder.decode(advance(framer.end()))
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
