import type { Chaining } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { tryJson } from '../core/try-json.ts'
import type { Exchange } from './exchange.ts'
import { isStream, type Outbound, type PipelineDeps, type StreamBody } from './ports.ts'
import type { RequestBody } from './request-body.ts'
import { ownerOf } from './resume.ts'

/**
 * The same answer, read on its way to the client, so that the client can resume from it by its id: always over the same
 * connection, over any other if it asked for the answer to be kept. Where the provider keeps the answer, only its id and
 * provider are remembered. So it is where the provider keeps the conversation before it, which is unknown here; then the
 * provider must keep the answer too.
 */
export function remember(deps: PipelineDeps, exchange: Exchange, body: RequestBody, outbound: Outbound): Outbound {
  const { surface, connection } = exchange.inbound
  const { chaining } = surface
  if (chaining === undefined || outbound.status !== 200) return outbound
  const isKept = chaining.isKept(body.envelope)
  const isPassedOn = exchange.lane === 'passthrough'
  const standsElsewhere = chaining.previousId(body.envelope) !== null
  if (standsElsewhere ? !(isKept && isPassedOn) : !isKept && connection === undefined) return outbound
  const isElsewhere = standsElsewhere || (connection === undefined && isPassedOn)
  const onAnswer = (answer: unknown): void => {
    const added = chaining.chained(answer)
    if (added === null) return
    const before = isElsewhere ? '' : chaining.itemsOf(body.envelope)
    const items = before === '' || added.items === '' ? before + added.items : `${before},${added.items}`
    const conversation = {
      items: isElsewhere ? null : items,
      providerId: exchange.target?.provider.id ?? '',
      credential: exchange.credential,
      tokens: added.tokens,
    }
    const nowMs = deps.clock.nowMs()
    if (connection !== undefined) deps.conversations.keep(connection, added.id, conversation, nowMs)
    if (isKept) deps.conversations.keep(ownerOf(exchange), added.id, conversation, nowMs)
  }
  const { body: answer } = outbound
  if (isStream(answer)) return { ...outbound, body: readAlong(answer, openReader(deps, chaining, onAnswer)) }
  if (body.envelope.stream) openReader(deps, chaining, onAnswer)(answer)
  else onAnswer(tryJson(answer))
  return outbound
}

type Reader = (chunk: Uint8Array | string) => void

/** Looks at the frames of a stream for the one that holds the whole answer. What cannot be read is not remembered. */
function openReader({ framings }: PipelineDeps, chaining: Chaining, onAnswer: (answer: unknown) => void): Reader {
  const framer = framings.sse.openFramer()
  let isOver = false
  return (chunk) => {
    if (isOver) return
    try {
      // Copied: a chunk is a view that its owner writes over.
      for (const frame of framer.push(Buffer.from(chunk)).frames) {
        const answer = chaining.wholeAnswer(frame)
        if (answer === null) continue
        isOver = true
        onAnswer(answer)
      }
    } catch (thrown) {
      if (!(thrown instanceof ProxyError)) throw thrown
      isOver = true
    }
  }
}

function readAlong(body: StreamBody, read: Reader): StreamBody {
  return {
    run: (sink) =>
      body.run({
        write(chunk) {
          read(chunk)
          return sink.write(chunk)
        },
      }),
    abandon: () => body.abandon(),
  }
}
