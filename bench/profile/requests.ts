import { openInProcess } from '../support/in-process.ts'
import { ownWhatIsStarted } from '../support/owned.ts'
import { BENCH_KEY, messagesBody } from '../support/request.ts'

/**
 * What `bench/profile.ts` runs under the profiler. Prints µs per request on stderr.
 *
 *     bun bench/profile/requests.ts BODY-BYTES SECONDS
 */
const [bodyBytes = '1024', seconds = '5'] = process.argv.slice(2)
ownWhatIsStarted()
const ask = await openInProcess({ LYNKR_API_KEYS: BENCH_KEY })
const body = messagesBody(Number(bodyBytes), false)

const startMs = performance.now()
const endMs = startMs + Number(seconds) * 1_000
let requests = 0
for (; performance.now() < endMs; requests++) await ask(BENCH_KEY, body)
process.stderr.write(`${(((performance.now() - startMs) / requests) * 1_000).toFixed(0)} µs per request\n`)
process.exit(0)
