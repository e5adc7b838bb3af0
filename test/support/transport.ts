import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import type { Transport } from '../../src/core/transport.ts'
import { fetchTransport } from '../../src/upstream/fetch-transport.ts'
import { openPooledTransport } from '../../src/upstream/pooled-transport.ts'

/** The way to upstreams that ships. With `LYNKR_TEST_PLAIN=1` it is `fetch`: the same tests must pass. */
export const testTransport: Transport =
  process.env.LYNKR_TEST_PLAIN === '1'
    ? fetchTransport
    : openPooledTransport({ connectTimeoutMs: 10_000, clock: systemClock, scheduler: systemScheduler })
