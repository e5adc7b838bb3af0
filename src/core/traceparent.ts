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
    return { traceId: newTraceId(random), parentId: null, spanId, isSampled: true, tracestate: null }
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
  fillWithChance(SPAN_WORDS, random)
  return SPAN_BYTES.toHex()
}

/** The bytes that an id is written from, made once; nothing of them outlasts a call. */
const TRACE_BYTES = new Uint8Array(16)
const TRACE_WORDS = new Uint32Array(TRACE_BYTES.buffer)
const SPAN_BYTES = TRACE_BYTES.subarray(0, 8)
const SPAN_WORDS = TRACE_WORDS.subarray(0, 2)

/** The id of a trace: 32 hex digits. */
function newTraceId(random: Random): string {
  fillWithChance(TRACE_WORDS, random)
  return TRACE_BYTES.toHex()
}

/** Never all zeros, which would be invalid. */
function fillWithChance(words: Uint32Array, random: Random): void {
  let bits = 0
  for (let i = 0; i < words.length; i++) {
    const word = (random() * 0x1_0000_0000) >>> 0
    words[i] = word
    bits |= word
  }
  if (bits === 0) words[0] = 1
}
