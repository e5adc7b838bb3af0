import { openPooledTransport } from '../../src/upstream/pooled-transport.ts'
import { openFakeClock } from '../support/fake-clock.ts'

/**
 * Asks for the address that it is given once for each line of input, so many milliseconds later as the line says, and
 * prints the status, or the code of what went wrong.
 */
const time = openFakeClock(0)
const transport = openPooledTransport({ connectTimeoutMs: 10_000, ...time })
for await (const line of console) {
  time.advance(Number(line))
  const request = {
    method: 'GET',
    url: process.argv[2] ?? '',
    headers: {},
    body: null,
    abort: new AbortController(),
  } as const
  const answer = await transport.send(request).then(
    ({ status }) => status,
    (thrown: unknown) => transport.explain(thrown).detail.facts?.code,
  )
  console.log(answer)
}
