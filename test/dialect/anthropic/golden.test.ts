import { describe, expect, test } from 'bun:test'
import { Glob } from 'bun'
import { openGuard } from '../../../src/core/guard.ts'
import { anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { openSseFramer } from '../../../src/framing/sse-framer.ts'
import { EMPTY_REQUEST } from '../../support/empty-request.ts'

const FOLDER = 'test/fixtures/anthropic'
const request = EMPTY_REQUEST

function decode(bytes: Uint8Array, chunkBytes: number): unknown[] {
  const framer = openSseFramer()
  const decoder = anthropicUpstream.openDecoder({ request, profile: { model: request.model, quirks: {} } })
  const events: unknown[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const frame of framer.push(bytes.slice(at, at + chunkBytes)).frames) events.push(...decoder.push(frame))
  }
  return [...events, ...decoder.end()]
}

describe('golden streams', async () => {
  for (const name of [...new Glob('*.sse').scanSync(FOLDER)].sort()) {
    const bytes = await Bun.file(`${FOLDER}/${name}`).bytes()
    const events = await Bun.file(`${FOLDER}/${name.replace('.sse', '.events.json')}`).json()

    test(`${name} decodes to its events, in pieces of any size`, () => {
      for (const chunkBytes of [1, 7, 64, bytes.length]) expect(decode(bytes, chunkBytes)).toEqual(events)
    })

    test(`${name} needs no repair`, () => {
      const repairs: string[] = []
      const guard = openGuard((repair) => repairs.push(repair))

      for (const event of events) guard.push(event)

      expect(repairs).toEqual([])
    })
  }
})
