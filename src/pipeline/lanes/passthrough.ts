import { CUT_SHORT } from '../../core/cut-short.ts'
import type { Frame, Mender, Meter, Surface, Upstream } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { FramedChunk, Framer } from '../../core/framing.ts'
import { isOver, type Progress, type StreamLane } from './lane.ts'

const NOTHING = new Uint8Array(0)

export interface PassthroughOptions {
  readonly framer: Framer
  readonly upstream: Upstream
  readonly surface: Surface
  readonly requestId: string
  /** Frames that hold usage and nothing else are metered, but not for the client, who did not ask for them. */
  readonly withholdsUsage: boolean
  /** For a server that writes some frames in a form of its own. */
  readonly mender: Mender | null
}

/** A frame that goes on as other text, or, as none, not at all. */
interface Edit {
  readonly at: number
  readonly text: string
}

/**
 * Client and upstream speak the same dialect: whole frames go through as views of what arrived, byte for byte.
 * A half frame at the end is withheld, so that whatever lynkr must add stands on a line of its own.
 */
export function openPassthroughLane(options: PassthroughOptions): StreamLane {
  const { framer, upstream, surface, requestId, withholdsUsage, mender } = options
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
    const edits: Edit[] = []
    for (let i = 0; i < frames.length; i++) {
      const frame = frames[i]
      if (frame === undefined) break
      progress = next(progress, meter, frame)
      const isWithheld = withholdsUsage && meter.isUsageOnly?.() === true
      const text = isWithheld ? '' : (mender?.frame(frame) ?? null)
      if (text !== null) edits.push({ at: i, text })
      if (!isOver(progress)) continue
      if (progress === 'failed') failure = meter.error()
      repairs += frames.length - i - 1
      return edited(edits, ends, complete.subarray(0, ends[i]))
    }
    return edited(edits, ends, complete)
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
      return tail + (meter.failing?.(failure, requestId) ?? surface.encodeErrorEvent(failure, requestId))
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

/** The bytes with some frames in other words, given by where each frame ends. Comments before such a frame go with it. */
function edited(edits: readonly Edit[], ends: readonly number[], bytes: Uint8Array): Uint8Array {
  if (edits.length === 0) return bytes
  const pieces: Uint8Array[] = []
  let start = 0
  for (const { at, text } of edits) {
    pieces.push(bytes.subarray(start, ends[at - 1] ?? 0))
    if (text !== '') pieces.push(Buffer.from(text))
    start = ends[at] ?? bytes.length
  }
  pieces.push(bytes.subarray(start))
  return Buffer.concat(pieces)
}

function next(progress: Progress, meter: Meter, frame: Frame): Progress {
  switch (meter.push(frame)) {
    case 'prelude':
      return progress
    case 'content':
      return progress === 'finished' ? progress : 'answering'
    case 'pause':
      return progress === 'finished' ? progress : 'paused'
    case 'finish':
      return 'finished'
    case 'end':
      return 'ended'
    case 'error':
      return 'failed'
  }
}
