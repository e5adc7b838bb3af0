import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { seededRandom } from '../../src/core/random.ts'
import { continueTrace, formatTraceparent, parseTraceparent } from '../../src/core/traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const GOOD = `00-${TRACE}-${SPAN}-01`

describe('a traceparent', () => {
  test.each([
    [GOOD, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`00-${TRACE}-${SPAN}-fe`, false],
    [`cc-${TRACE}-${SPAN}-01`, true],
    [`01-${TRACE}-${SPAN}-01-what-comes-later`, true],
  ])('%p is continued, sampled %p', (header, isSampled) => {
    expect(parseTraceparent(header)).toEqual({ traceId: TRACE, parentId: SPAN, isSampled })
  })

  test.each([
    null,
    '',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01-`,
    `01-${TRACE}-${SPAN}-01more`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-010`,
    `0-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE.slice(1)}g-${SPAN}-01`,
    ` ${GOOD}`,
    `${GOOD}\n`,
    `${GOOD}, ${GOOD}`,
    GOOD.replaceAll('-', '_'),
  ])('%p begins a new trace, and its tracestate is dropped', (header) => {
    const context = continueTrace(header, 'a=1', seededRandom(1))

    expect(parseTraceparent(header)).toBeNull()
    expect(context.traceId).not.toBe(TRACE)
    expect(context.parentId).toBeNull()
    expect(context.tracestate).toBeNull()
  })

  test('sent upstream has the same trace, and our span as parent', () => {
    const context = continueTrace(`cc-${TRACE}-${SPAN}-ff-x`, null, seededRandom(1))

    const sent = parseTraceparent(formatTraceparent(context))

    expect(formatTraceparent(context)).toStartWith('00-')
    expect(sent).toEqual({ traceId: TRACE, parentId: context.spanId, isSampled: true })
    expect(context.spanId).not.toBe(SPAN)
  })

  test('of our own making is always valid, even if chance gives only zeros', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }),
        (draws) => {
          let next = 0
          const random = (): number => draws[next++ % draws.length] ?? 0

          expect(parseTraceparent(formatTraceparent(continueTrace(null, null, random)))).not.toBeNull()
        },
      ),
      { numRuns: 200 },
    )
    expect(parseTraceparent(formatTraceparent(continueTrace(null, null, () => 0)))).not.toBeNull()
  })
})

describe('a tracestate', () => {
  const kept = (tracestate: string | null) => continueTrace(GOOD, tracestate, seededRandom(1)).tracestate
  const list = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',')

  test.each([
    [null, null],
    ['', null],
    ['rojo=00f067,congo=t61', 'rojo=00f067,congo=t61'],
    [' rojo=1 ,\tcongo=2,,', 'rojo=1,congo=2'],
    ['tenant@system=1', 'tenant@system=1'],
    ['a=b c', 'a=b c'],
    ['a=1,a=2', null],
    ['A=1', null],
    ['a', null],
    ['a=', null],
    ['a=b=c', null],
    ['a=\u0007', null],
    ['a=ü', null],
    [list(32), list(32)],
    [list(33), null],
  ])('%p goes on as %p, while the trace goes on in any case', (header, passed) => {
    expect(kept(header)).toBe(passed)
    expect(continueTrace(GOOD, header, seededRandom(1)).traceId).toBe(TRACE)
  })

  test('that is too long loses its long members first', () => {
    const long = `long=${'x'.repeat(200)}`
    const short = Array.from({ length: 20 }, (_, i) => `s${i}=${'y'.repeat(40)}`).join(',')

    expect(kept(`${long},${short}`)).toBe(short)
  })
})
