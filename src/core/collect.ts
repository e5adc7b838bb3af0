import { assertNever } from './assert.ts'
import type { OutputBlock } from './block.ts'
import { CUT_SHORT } from './cut-short.ts'
import { ProxyError } from './errors.ts'
import type { BlockDelta, StreamEvent } from './event.ts'
import type { Opaque } from './opaque.ts'
import type { ChatResponse } from './response.ts'
import { NO_USAGE, type Usage } from './usage.ts'

/** Folds a stream's events into the whole response, one at a time. */
export interface Collector {
  push(event: StreamEvent): void
  /** The response. Throws the stream's own error, or `stream_interrupted` if it never finished. */
  finish(): ChatResponse
}

export function openCollector(): Collector {
  let start: (StreamEvent & { type: 'start' }) | null = null
  let finish: (StreamEvent & { type: 'finish' }) | null = null
  let failure: ProxyError | null = null
  let usage: Usage | null = null
  let usageOpaque: Opaque | undefined
  const blocks: BlockBuilder[] = []

  return {
    push(event) {
      switch (event.type) {
        case 'start':
          start = event
          return
        case 'usage':
          usage = event.usage
          usageOpaque = event.opaque ?? usageOpaque
          return
        case 'block_start':
          blocks[event.index] = openBlock(event.block)
          return
        case 'block_delta':
          blocks[event.index]?.add(event.delta)
          return
        case 'block_stop':
          return
        case 'finish':
          finish = event
          return
        case 'error':
          failure = new ProxyError(event.kind, event.message)
          return
        default:
          assertNever(event)
      }
    },
    finish() {
      if (failure !== null) throw failure
      if (start === null || finish === null) {
        throw new ProxyError('stream_interrupted', CUT_SHORT)
      }
      return {
        id: start.id,
        model: start.model,
        blocks: blocks.map((block) => block.build()),
        reason: finish.reason,
        usage: usage ?? NO_USAGE,
        ...(start.opaque && { opaque: start.opaque }),
        ...(usageOpaque && { usageOpaque }),
        ...(finish.opaque && { finishOpaque: finish.opaque }),
      }
    },
  }
}

/** Folds a whole stream. Law: `collect(replay(r))` equals `r`. */
export function collect(events: Iterable<StreamEvent>): ChatResponse {
  const collector = openCollector()
  for (const event of events) collector.push(event)
  return collector.finish()
}

interface BlockBuilder {
  add(delta: BlockDelta): void
  build(): OutputBlock
}

/** Pieces are joined once, at the end: appending to one string would cost as much for text, more for signatures. */
function openBlock(head: OutputBlock): BlockBuilder {
  const pieces: string[] = []
  const extras: unknown[] = []
  let signature = head.type === 'thinking' ? head.signature : ''
  let dialect = head.type === 'text' ? head.citations?.dialect : undefined
  return {
    add(delta) {
      switch (delta.type) {
        case 'text':
        case 'thinking':
        case 'refusal':
          pieces.push(delta.text)
          return
        case 'input_json':
          pieces.push(delta.json)
          return
        case 'signature':
          signature += delta.signature
          return
        case 'citation':
          dialect = delta.dialect
          extras.push(delta.citation)
          return
        case 'opaque':
          extras.push(delta.payload)
          return
        default:
          assertNever(delta)
      }
    },
    build() {
      const joined = pieces.join('')
      switch (head.type) {
        case 'text': {
          const items = [...(head.citations?.items ?? []), ...extras]
          return { ...head, text: head.text + joined, ...(dialect && { citations: { dialect, items } }) }
        }
        case 'refusal':
          return { ...head, text: head.text + joined }
        case 'thinking':
          return { ...head, text: head.text + joined, signature }
        case 'tool_use':
          return { ...head, inputJson: head.inputJson + joined }
        case 'redacted_thinking':
          return head
        case 'opaque':
          return { ...head, deltas: [...head.deltas, ...extras] }
        default:
          return assertNever(head)
      }
    },
  }
}
