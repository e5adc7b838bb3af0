import { CUT_SHORT } from '../../core/cut-short.ts'
import type { Decoder, Dropped, Encoder, Frame, Surface } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { StreamEvent } from '../../core/event.ts'
import type { Framer } from '../../core/framing.ts'
import { openGuard } from '../../core/guard.ts'
import type { Usage } from '../../core/usage.ts'
import { blockLoss, deltaLoss } from '../../dialect/answer-loss.ts'
import { byteLength } from '../usage-estimate.ts'
import { isOver, type Progress, type StreamLane } from './lane.ts'

export interface TranscodeOptions {
  readonly framer: Framer
  readonly decoder: Decoder
  readonly encoder: Encoder
  readonly surface: Surface
  readonly requestId: string
  /** Told once of each thing in the answer that this client cannot be told. */
  onLoss(name: Dropped): void
}

/** Client and upstream speak different dialects: frames become canonical events, are guarded, and written anew. */
export function openTranscodeLane(options: TranscodeOptions): StreamLane {
  const { framer, decoder, encoder, surface, requestId } = options
  let progress: Progress = 'waiting'
  let failure: ProxyError | null = null
  let usage: Usage | null = null
  let model: string | null = null
  let contentBytes = 0
  let repairs = 0
  const lost = new Set<Dropped>()
  const guard = openGuard(() => {
    repairs++
  })

  function observe(event: StreamEvent): void {
    switch (event.type) {
      case 'start':
        model = event.model === '' ? null : event.model
        return
      case 'usage':
        usage = event.usage
        return
      case 'block_delta':
        contentBytes += deltaBytes(event)
        progress = 'answering'
        return
      case 'block_start':
        progress = 'answering'
        return
      case 'block_stop':
        progress = 'paused'
        return
      case 'finish':
        progress = 'ended'
        return
      case 'error':
        progress = 'failed'
        failure = new ProxyError(event.kind, event.message)
        return
    }
  }

  /** The stream's head is gone when something is lost: a comment says it, which every reader of events skips. */
  function tellLoss(event: StreamEvent): string {
    const name =
      event.type === 'block_start'
        ? blockLoss(event.block, surface.id)
        : event.type === 'block_delta'
          ? deltaLoss(event.delta, surface.id)
          : null
    if (name === null || lost.has(name)) return ''
    lost.add(name)
    options.onLoss(name)
    return `: x-lynkr-dropped: ${name}\n\n`
  }

  function write(events: readonly StreamEvent[]): string {
    let text = ''
    for (const event of events) {
      for (const legal of guard.push(event)) {
        observe(legal)
        text += encoder.push(legal) + tellLoss(legal)
      }
    }
    return text
  }

  function decodeAll(frames: readonly Frame[]): string {
    let text = ''
    for (const frame of frames) text += write(decoder.push(frame))
    return text
  }

  return {
    push: (chunk) => (isOver(progress) ? '' : decodeAll(framer.push(chunk).frames)),
    end(cause) {
      if (isOver(progress)) return ''
      let text = decodeAll(framer.end().frames)
      if (isOver(progress)) return text
      const ending = decoder.end()
      // An answer that had its end is whole, whatever became of the connection behind it.
      if (cause === null || ending.at(-1)?.type === 'finish') text += write(ending)
      if (isOver(progress)) return text
      progress = 'failed'
      failure = cause ?? new ProxyError('stream_interrupted', CUT_SHORT)
      return text + (encoder.failing?.(failure) ?? surface.encodeErrorEvent(failure, requestId))
    },
    progress: () => progress,
    failure: () => failure,
    usage: () => usage,
    model: () => model,
    contentBytes: () => contentBytes,
    repairs: () => repairs,
  }
}

function deltaBytes(event: StreamEvent & { type: 'block_delta' }): number {
  const { delta } = event
  if (delta.type === 'input_json') return byteLength(delta.json)
  return 'text' in delta ? byteLength(delta.text) : 0
}
