import type { ErrorKind } from '../../src/core/errors.ts'
import type { BreakerOutcome } from '../../src/resilience/breaker.ts'
import type { Fault, Script } from '../../src/simulator/script.ts'
import { isFull } from '../resilience/seed.ts'
import { expiredCertificate, otherNameCertificate } from './certificates.ts'
import type { Lane, RigOptions } from './rig.ts'

export interface Expected {
  readonly status: number | Readonly<Record<Lane, number>>
  readonly kind: ErrorKind | null
  readonly attempts: number
  readonly outcome: BreakerOutcome
}

export interface Row {
  readonly name: string
  readonly script?: Script
  readonly rig?: RigOptions
  /** The client's. */
  readonly headers?: Record<string, string>
  /** Both, if absent. */
  readonly lane?: Lane
  /** Absent: the fault has no such form. */
  readonly whole?: Expected
  readonly streaming?: Expected
}

const failed = (kind: ErrorKind, status: Expected['status'], attempts = 3): Expected => ({
  kind,
  status,
  attempts,
  outcome: 'failure',
})
const both = (expected: Expected): Pick<Row, 'whole' | 'streaming'> => ({ whole: expected, streaming: expected })
const UNREACHABLE = both(failed('upstream_unreachable', 502))
const MALFORMED = both(failed('upstream_malformed', 502))
/** After the commit point: 200, one attempt, an error event. */
const BROKEN_STREAM = failed('stream_interrupted', 200, 1)
const FINE = both({ kind: null, status: 200, attempts: 1, outcome: 'success' })
const FINE_STREAM: Pick<Row, 'streaming'> = { streaming: { kind: null, status: 200, attempts: 1, outcome: 'success' } }
/** Enough text for a dozen deltas. */
const LONG = 'All work and no play makes a dull proxy. '.repeat(8)
const MIB = 1024 * 1024
/** How long a row waits for an upstream that will say nothing more. */
const SILENCE_MS = 150
const SILENT_AT_FIRST: RigOptions = { timeouts: { firstEventMs: SILENCE_MS } }
const SILENT_LATER: RigOptions = { timeouts: { idleMs: SILENCE_MS } }
const LAST_TRY = { 'x-stainless-retry-count': '2' }

const fault = (name: string, value: Fault, expected: Pick<Row, 'whole' | 'streaming'>): Row => ({
  name,
  script: { blocks: [{ text: LONG }], fault: value },
  ...expected,
})

/** Too long for any domain, so that the machine's resolver need not be asked, who may take his time. */
export const NAMELESS = `http://${'x'.repeat(64)}.invalid`

const CONNECTION: readonly Row[] = [
  { name: 'connection refused', rig: { provider: { baseUrl: 'http://127.0.0.1:1' } }, ...UNREACHABLE },
  { name: 'a name without an address', rig: { provider: { baseUrl: NAMELESS } }, ...UNREACHABLE },
  { name: 'a TLS certificate that has expired', rig: { simulator: { tls: expiredCertificate() } }, ...UNREACHABLE },
  { name: 'a TLS certificate of another name', rig: { simulator: { tls: otherNameCertificate() } }, ...UNREACHABLE },
  fault('accepted, then closed', { type: 'close' }, UNREACHABLE),
  fault('reset in mid-headers', { type: 'reset', at: 'headers' }, UNREACHABLE),
  fault('reset in mid-body', { type: 'reset', at: 'body', afterEvents: 0 }, UNREACHABLE),
  fault('reset in mid-stream', { type: 'reset', at: 'body', afterEvents: 5 }, { streaming: BROKEN_STREAM }),
  fault('end before the terminal event', { type: 'eof', afterEvents: 5 }, { streaming: BROKEN_STREAM }),
  {
    ...fault('silence before the headers', { type: 'hang', at: 'headers' }, both(failed('upstream_timeout', 504))),
    rig: SILENT_AT_FIRST,
  },
  {
    ...fault('silence in mid-stream', { type: 'hang', at: 'body', afterEvents: 5 }, { streaming: BROKEN_STREAM }),
    rig: SILENT_LATER,
  },
  {
    ...fault(
      'a byte at a time, too slowly',
      { type: 'drip', bytesPerSecond: 1 },
      both(failed('upstream_timeout', 504)),
    ),
    rig: SILENT_AT_FIRST,
  },
]

const WITHIN_THE_HOUR = new Date(Date.now() + 3_600_000)
const RETRY_AFTER: Readonly<Record<string, Record<string, string>>> = {
  'in seconds': { 'retry-after': '3600' },
  'in fractions of a second': { 'retry-after': '3600.5' },
  'in milliseconds, which win': { 'retry-after-ms': '3600000', 'retry-after': '1' },
  'as a date': { 'retry-after': WITHIN_THE_HOUR.toUTCString() },
  'as a date of RFC 850': { 'retry-after': rfc850(WITHIN_THE_HOUR) },
  'as a date of asctime': { 'retry-after': asctime(WITHIN_THE_HOUR) },
}
const HOSTILE = ['-5', 'NaN', '1e309', 'Thu, 01 Jan 1970 00:00:00 GMT', '999999999999999']

/** `Sunday, 06-Nov-94 08:49:37 GMT` */
function rfc850(date: Date): string {
  const [, day, month, year = '', time] = date.toUTCString().split(' ')
  const weekday = date.toLocaleDateString('en-GB', { weekday: 'long', timeZone: 'UTC' })
  return `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`
}

/** `Sun Nov  6 08:49:37 1994` */
function asctime(date: Date): string {
  const [weekday = '', day = '', month, year, time] = date.toUTCString().split(' ')
  return `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`
}

const limited = (name: string, headers: Record<string, string>, extra: Partial<Row> = {}): Row => ({
  name,
  script: { status: 429, headers },
  ...both({ kind: 'upstream_rate_limited', status: 429, attempts: 1, outcome: 'dropped' }),
  ...extra,
})

const STATUSES: readonly Row[] = [
  ...Object.entries(RETRY_AFTER).map(([form, headers]) => limited(`429, Retry-After ${form}`, headers)),
  ...HOSTILE.map((value) => limited(`429, Retry-After ${value}`, { 'retry-after': value }, { headers: LAST_TRY })),
  { name: '500 without end', script: { status: 500 }, ...both(failed('upstream_error', 500)) },
  {
    name: '503 without end',
    script: { status: 503 },
    ...both(failed('upstream_error', { passthrough: 503, transcode: 529 })),
  },
  {
    name: '529 without end',
    script: { status: 529 },
    ...both(failed('upstream_error', 529)),
  },
  {
    name: 'an empty account',
    script: { status: 402 },
    ...both({ kind: 'upstream_quota', status: 402, attempts: 1, outcome: 'ignore' }),
  },
  ...[401, 403].map((status) => ({
    name: `${status} of our credential`,
    script: { status },
    ...both({ kind: 'upstream_auth', status, attempts: 1, outcome: 'ignore' } as const),
  })),
  {
    name: 'another 4xx',
    script: { status: 422 },
    ...both({
      kind: 'upstream_rejected',
      status: { passthrough: 422, transcode: 400 },
      attempts: 1,
      outcome: 'ignore',
    }),
  },
]

const ANSWERS: readonly Row[] = [
  fault('200 with HTML', { type: 'html' }, MALFORMED),
  fault('the wrong content type', { type: 'content_type' }, MALFORMED),
  fault('broken JSON', { type: 'malformed' }, { whole: failed('upstream_malformed', 502) }),
  fault('truncated JSON', { type: 'truncated' }, { whole: failed('upstream_malformed', 502) }),
  fault('a redirect', { type: 'redirect' }, MALFORMED),
  fault('no usage', { type: 'usage', mode: 'absent' }, FINE),
  fault('usage told twice', { type: 'usage', mode: 'duplicate' }, FINE),
  fault('text that is not UTF-8', { type: 'invalid_utf8' }, FINE),
  fault('characters split anywhere', { type: 'split', bytes: 61 }, FINE),
  {
    ...fault('a malformed event', { type: 'malformed' }, { streaming: failed('upstream_malformed', 502) }),
    lane: 'transcode',
  },
  {
    ...fault('a malformed event among others, carried as it came', { type: 'malformed' }, FINE_STREAM),
    lane: 'passthrough',
  },
  fault('a stream that ends inside an event', { type: 'truncated' }, { streaming: failed('upstream_malformed', 502) }),
  fault(
    'an error event before content',
    { type: 'error_event', afterEvents: 1 },
    { streaming: failed('upstream_error', { passthrough: 529, transcode: 500 }) },
  ),
  {
    name: 'an error event in mid-stream',
    // An error that is read together with the first content would still be a true status.
    script: { blocks: [{ text: LONG }], delayMs: 80, fault: { type: 'error_event', afterEvents: 6 } },
    streaming: failed('upstream_error', 200, 1),
  },
  {
    ...fault(
      'a line of 64 MiB',
      { type: 'huge_line', bytes: 64 * MIB },
      { streaming: failed('upstream_malformed', 502, 1) },
    ),
    headers: LAST_TRY,
  },
  {
    ...fault('a gzip bomb', { type: 'gzip_bomb', bytes: 256 * MIB }, both(failed('upstream_malformed', 502, 1))),
    headers: LAST_TRY,
  },
  {
    name: 'a body without end',
    script: { fault: { type: 'huge_body', bytes: isFull ? 1024 * MIB : 80 * MIB } },
    headers: LAST_TRY,
    whole: failed('upstream_malformed', 502, 1),
  },
]

/** The upstream rows of the table of faults. */
export const ROWS: readonly Row[] = [...CONNECTION, ...STATUSES, ...ANSWERS]
