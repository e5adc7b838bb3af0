import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import { collect } from '../../src/core/collect.ts'
import type { DialectId } from '../../src/core/dialect-id.ts'
import { openSseFramer } from '../../src/framing/sse-framer.ts'
import { openTranscodeLane } from '../../src/pipeline/lanes/transcode.ts'
import { lintStream } from '../../src/pipeline/lint-stream.ts'
import { RUNS } from '../arbitraries.ts'
import { contextOf, requestOf } from '../dialect/openai-chat/support.ts'
import { type HostileStream, hostileStream } from './hostile-streams.ts'
import { CLIENTS, type ClientSide } from './lanes.ts'
import { eventsOf, seenOf } from './read-answer.ts'

const DIALECTS: readonly DialectId[] = ['anthropic', 'openai-chat', 'openai-responses', 'bedrock-converse', 'gemini']

describe.each(CLIENTS)('a $name client before a server that says things in any order', (client) => {
  for (const dialect of DIALECTS) {
    if (dialect === client.surface.id) continue
    test(`is told all of it or that it failed, by ${dialect}`, () => {
      fc.assert(
        fc.property(hostileStream(dialect), (stream) => {
          const written = relay(client, dialect, stream)
          const { findings, ending } = lintStream(new TextEncoder().encode(written), client.name)

          expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
          expect(ending).not.toBe('cut')
          if (stream.isCut) expect(ending).toBe('error')
          if (ending !== 'finished') return
          const seen = seenOf(collect(eventsOf(new TextEncoder().encode(written), client)))
          const calls = seen.calls.map(({ name, input }) => ({ name, input }))
          expect({ text: seen.text, calls: calls.sort(byJson) }).toEqual({
            text: stream.said.text,
            calls: [...stream.said.calls].sort(byJson),
          })
          expect(new Set(seen.calls.map(({ id }) => id)).size).toBe(seen.calls.length)
        }),
        RUNS,
      )
    })
  }
})

function byJson(one: unknown, two: unknown): number {
  return JSON.stringify(one) < JSON.stringify(two) ? -1 : 1
}

function relay(client: ClientSide, dialect: DialectId, { frames }: HostileStream): string {
  const request = requestOf({ stream: true, wantsStreamUsage: true })
  const lane = openTranscodeLane({
    framer: openSseFramer(),
    decoder: UPSTREAMS[dialect].openDecoder(contextOf(request)),
    encoder: client.surface.openEncoder({ requestId: 'req_1', wallMs: 0, request }),
    surface: client.surface,
    requestId: 'req_1',
    onLoss: () => undefined,
  })
  let written = ''
  for (const [event, data] of frames) {
    const text = `${event === '' ? '' : `event: ${event}\n`}data: ${data}\n\n`
    written += lane.push(new TextEncoder().encode(text))
  }
  return written + lane.end(null)
}
