import { openSync } from 'node:fs'
import { devNull } from 'node:os'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { openPooledTransport } from '../../src/upstream/pooled-transport.ts'

/** Takes all descriptors that there are, then asks for the address that it is given, and prints what kind of error that is. */
const transport = openPooledTransport({ connectTimeoutMs: 10_000, clock: systemClock, scheduler: systemScheduler })
takeAll()
const request = {
  method: 'GET',
  url: process.argv[2] ?? '',
  headers: {},
  body: null,
  abort: new AbortController(),
} as const
const error = await transport.send(request).then(() => null, transport.explain)
console.log(error?.kind, error?.detail.facts?.code)
process.exit(0)

function takeAll(): void {
  try {
    for (;;) openSync(devNull, 'r')
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EMFILE')) throw thrown
  }
}
