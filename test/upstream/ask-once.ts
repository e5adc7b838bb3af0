import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { openPooledTransport } from '../../src/upstream/pooled-transport.ts'

/** Asks for the address that it is given, and prints the status, or the code of what went wrong. */
const transport = openPooledTransport({ connectTimeoutMs: 10_000, clock: systemClock, scheduler: systemScheduler })
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
process.exit(0)
