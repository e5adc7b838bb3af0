import type { Random } from './random.ts'

/** Where a request stands in a trace: the caller's trace, or a new one. All ids are lower-case hex. */
export interface TraceContext {
  /** 32 digits. */
  readonly traceId: string
  /** 16 digits: the caller's span; null at the root of a new trace. */
  readonly parentId: string | null
  /** 16 digits: our own span. */
  readonly spanId: string
  readonly isSampled: boolean
  /** The caller's vendor list as it goes on, or null. */
  readonly tracestate: string | null
}

/**
 * Continues the caller's trace, or begins one: a header that breaks the rules is as good as none, and its `tracestate`
 * goes with it. A new trace is sampled.
 *
 * @param traceparent the header, or null; several of them joined by commas are invalid, as the standard wants
 * @param tracestate  the header or headers, joined by commas
 * @see W3C Trace Context, https://www.w3.org/TR/trace-context/
 */
export function continueTrace(traceparent: string | null, tracestate: string | null, random: Random): TraceContext {
  const spanId = newSpanId(random)
  const parent = parseTraceparent(traceparent)
  if (parent === null) {
    return { traceId: hexId(4, random), parentId: null, spanId, isSampled: true, tracestate: null }
  }
  return { ...parent, spanId, tracestate: keepTracestate(tracestate) }
}

/** The same trace, one span further in: what an attempt tells its upstream. */
export function childSpan(trace: TraceContext, random: Random): TraceContext {
  return { ...trace, parentId: trace.spanId, spanId: newSpanId(random) }
}

/** The header for what is sent upstream: our span becomes the parent; version 00; only the sampled flag. */
export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const ZEROS = /^0+$/

/** The caller's trace, or null if the header breaks a rule. A higher version may say more after another dash. */
export function parseTraceparent(
  header: string | null,
): (Pick<TraceContext, 'traceId' | 'isSampled'> & { parentId: string }) | null {
  const match = header === null ? null : TRACEPARENT.exec(header)
  if (match === null) return null
  const [, version = '', traceId = '', parentId = '', flags = '', more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return null
  if (ZEROS.test(traceId) || ZEROS.test(parentId)) return null
  return { traceId, parentId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

const MEMBERS_MAX = 32
/** A sender must pass on 512 characters; lynkr passes on no more than twice that. */
const TRACESTATE_CHARS_MAX = 1_024
const LONG_MEMBER_CHARS = 128
const MEMBER = /^([a-z0-9][a-z0-9_\-*/@]{0,255})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/**
 * The list as it may be passed on, or null if any member is malformed, a key comes twice, or there are over 32.
 * What is too long loses its long members first, then its last ones.
 */
function keepTracestate(header: string | null): string | null {
  if (header === null) return null
  const members = header
    .split(',', MEMBERS_MAX * 2)
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '')
  const keys = members.map((member) => MEMBER.exec(member)?.[1])
  if (members.length > MEMBERS_MAX || keys.includes(undefined) || new Set(keys).size < keys.length) return null
  return fit(members).join(',') || null
}

function fit(members: readonly string[]): readonly string[] {
  const length = (list: readonly string[]): number => list.join(',').length
  let kept = members
  if (length(kept) > TRACESTATE_CHARS_MAX) kept = kept.filter((member) => member.length <= LONG_MEMBER_CHARS)
  while (length(kept) > TRACESTATE_CHARS_MAX) kept = kept.slice(0, -1)
  return kept
}

/** The id of one more span: 16 hex digits. */
export function newSpanId(random: Random): string {
  return hexId(2, random)
}

/** Every byte in hex: `toString(16)` and padding take several times as long. */
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** `words` × 8 hex digits of chance; never all zeros, which would be invalid. */
function hexId(words: number, random: Random): string {
  let id = ''
  for (let i = 0; i < words; i++) {
    const word = Math.floor(random() * 0x1_0000_0000)
    id += BYTES[word >>> 24]
    id += BYTES[(word >>> 16) & 0xff]
    id += BYTES[(word >>> 8) & 0xff]
    id += BYTES[word & 0xff]
  }
  return ZEROS.test(id) ? `${id.slice(0, -1)}1` : id
}
