import type { Point } from '../wire.ts'
import { bytes, count, rate, seconds } from './format.ts'

export interface Line {
  readonly label: string
  /** Custom property that holds the colour. */
  readonly color: string
  readonly isFilled?: boolean
  /** `null` leaves a gap. */
  value(point: Point): number | null
  /** What the legend shows; by default the value. */
  now?(point: Point): number
}

export interface ChartSpec {
  readonly title: string
  readonly lines: readonly Line[]
  /** Only whole numbers have a line in the grid. */
  readonly isWhole?: boolean
  format(value: number): string
  /** What stands now, in words for screen readers. */
  summary(point: Point): string
}

/** A line along the bottom would hide the others, and says no more than its absence. */
const unlessNone = (value: number): number | null => (value === 0 ? null : value)

export const CHARTS: readonly ChartSpec[] = [
  {
    title: 'Requests per second',
    lines: [
      { label: 'all', color: '--blue', isFilled: true, value: (point) => point.requests },
      { label: 'failed', color: '--red', value: ({ errors }) => unlessNone(errors), now: ({ errors }) => errors },
      {
        label: 'shed',
        color: '--amber',
        value: ({ rejected }) => unlessNone(rejected),
        now: ({ rejected }) => rejected,
      },
    ],
    format: rate,
    summary: ({ requests, errors }) => `${rate(requests)} a second, ${rate(errors)} failed`,
  },
  {
    title: 'First byte',
    lines: [
      { label: 'p50', color: '--green', value: (point) => point.p50 },
      { label: 'p95', color: '--blue', value: (point) => point.p95 },
      { label: 'p99', color: '--violet', value: (point) => point.p99 },
    ],
    format: seconds,
    summary: ({ p50, p95, p99 }) => `p50 ${seconds(p50)}, p95 ${seconds(p95)}, p99 ${seconds(p99)}`,
  },
  {
    title: 'Tokens per second',
    isWhole: true,
    lines: [
      { label: 'in', color: '--blue', isFilled: true, value: (point) => point.tokensIn },
      { label: 'out', color: '--violet', isFilled: true, value: (point) => point.tokensOut },
    ],
    format: count,
    summary: ({ tokensIn, tokensOut }) => `${count(tokensIn)} in, ${count(tokensOut)} out`,
  },
  {
    title: 'In flight',
    isWhole: true,
    lines: [{ label: 'requests and streams', color: '--green', isFilled: true, value: (point) => point.inflight }],
    format: count,
    summary: ({ inflight }) => `${count(inflight)} requests and streams`,
  },
  {
    title: 'Memory',
    lines: [{ label: 'resident', color: '--violet', isFilled: true, value: (point) => point.rssBytes }],
    format: bytes,
    summary: ({ rssBytes }) => bytes(rssBytes),
  },
]
