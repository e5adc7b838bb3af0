import { openInProcess } from '../support/in-process.ts'
import { ownWhatIsStarted } from '../support/owned.ts'
import { BENCH_KEY, messagesBody } from '../support/request.ts'

/**
 * What `bench/profile.ts` runs under the profiler. Prints the processor time of a request on stderr, all threads together.
 *
 *     bun bench/profile/requests.ts BODY-BYTES SECONDS
 */
const [bodyBytes = '1024', seconds = '5'] = process.argv.slice(2)
ownWhatIsStarted()
const ask = await openInProcess({ LYNKR_API_KEYS: BENCH_KEY })
const body = messagesBody(Number(bodyBytes), false)

const before = process.cpuUsage()
const endMs = performance.now() + Number(seconds) * 1_000
let requests = 0
for (; performance.now() < endMs; requests++) await ask(BENCH_KEY, body)
const { user, system } = process.cpuUsage(before)
process.stderr.write(
  `${((user + system) / requests).toFixed(0)} µs of processor time per request, ${requests} requests\n`,
)
process.exit(0)
