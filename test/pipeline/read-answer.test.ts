import { expect, test } from 'bun:test'
import { systemScheduler } from '../../src/core/clock.ts'
import { readWhole } from '../../src/pipeline/read-answer.ts'
import { fetchTransport, fromResponse } from '../../src/upstream/fetch-transport.ts'

const deps = { transport: fetchTransport, scheduler: systemScheduler }

test.each([
  ['one that is told twice', { 'content-length': '2, 2' }],
  ['one beside chunks', { 'content-length': '2', 'transfer-encoding': 'chunked' }],
  ['one of what is packed', { 'content-length': '2', 'content-encoding': 'gzip' }],
])('the length of an answer is not believed where it is %s', async (_, headers) => {
  const response = (bytes: number) => fromResponse(new Response('x'.repeat(bytes), { headers }))

  expect((await readWhole(deps, response(9), 10)).length).toBe(9)
  expect(await readWhole(deps, response(11), 10).catch((thrown: unknown) => thrown)).toMatchObject({
    kind: 'upstream_malformed',
  })
})
