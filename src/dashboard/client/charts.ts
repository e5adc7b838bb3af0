import uPlot from 'uplot'
import type { Point } from '../wire.ts'
import { element, setText } from './dom.ts'
import { bytes, count, rate, seconds } from './format.ts'

interface Line {
  readonly label: string
  /** Custom property that holds the colour. */
  readonly color: string
  readonly fill?: boolean
  value(point: Point): number | null
}

interface ChartSpec {
  readonly title: string
  readonly lines: readonly Line[]
  /** Only whole numbers have a line in the grid. */
  readonly isWhole?: boolean
  format(value: number): string
  /** What stands now, in words: read by screen readers and shown beside the title. */
  summary(point: Point): string
}

const SPECS: readonly ChartSpec[] = [
  {
    title: 'Requests per second',
    lines: [
      { label: 'all', color: '--blue', fill: true, value: (point) => point.requests },
      { label: 'errors', color: '--red', value: (point) => point.errors },
      { label: 'shed', color: '--amber', value: (point) => point.rejected },
    ],
    format: rate,
    summary: ({ requests, errors }) => `${rate(requests)} a second, ${rate(errors)} failed`,
  },
  {
    title: 'Time to the first byte',
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
    lines: [
      { label: 'in', color: '--blue', fill: true, value: (point) => point.tokensIn },
      { label: 'out', color: '--violet', fill: true, value: (point) => point.tokensOut },
    ],
    format: count,
    summary: ({ tokensIn, tokensOut }) => `${count(tokensIn)} in, ${count(tokensOut)} out`,
  },
  {
    title: 'In flight',
    isWhole: true,
    lines: [{ label: 'requests', color: '--green', fill: true, value: (point) => point.inflight }],
    format: count,
    summary: ({ inflight }) => `${count(inflight)} requests and streams`,
  },
  {
    title: 'Memory',
    lines: [{ label: 'resident', color: '--violet', fill: true, value: (point) => point.rssBytes }],
    format: bytes,
    summary: ({ rssBytes }) => bytes(rssBytes),
  },
]

const HEIGHT = 150
/** A chart is at least this wide, so that its first minute does not jump about. */
const SECONDS_MIN = 60
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

export interface Charts {
  show(points: readonly Point[]): void
}

/** The charts of the last minutes. They follow the width of the page and its light or dark scheme. */
export function createCharts(container: HTMLElement): Charts {
  let points: readonly Point[] = []
  const charts = SPECS.map((spec) => createChart(container, spec))
  const drawAll = (): void => {
    for (const chart of charts) chart.draw(points)
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const chart of charts) chart.renew()
    drawAll()
  })
  new ResizeObserver(() => {
    for (const chart of charts) chart.fit()
  }).observe(container)
  return {
    show(latest) {
      points = latest
      drawAll()
    },
  }
}

function createChart(container: HTMLElement, spec: ChartSpec) {
  const now = element('span', { class: 'now' })
  const plot = element('div', { class: 'plot', 'aria-hidden': 'true' })
  const caption = element('figcaption', {}, element('span', { class: 'title' }, spec.title), now)
  container.append(element('figure', { class: 'card' }, caption, plot))
  let chart: uPlot | null = null
  return {
    renew() {
      chart?.destroy()
      chart = null
    },
    fit: () => chart?.setSize({ width: plot.clientWidth, height: HEIGHT }),
    draw(points: readonly Point[]) {
      chart ??= new uPlot(optionsOf(spec, plot.clientWidth), [[]], plot)
      const last = points.at(-1)
      setText(now, last === undefined ? 'no data yet' : spec.summary(last))
      chart.setData([
        points.map((point) => point.atMs / 1000),
        ...spec.lines.map((line) => points.map((point) => line.value(point))),
      ])
    },
  }
}

function optionsOf(spec: ChartSpec, width: number): uPlot.Options {
  const styles = getComputedStyle(document.documentElement)
  const color = (name: string): string => styles.getPropertyValue(name).trim()
  const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } }
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: true, live: false },
    cursor: { y: false, points: { show: false } },
    scales: {
      x: { range: (_, min, max) => [Math.min(min, max - SECONDS_MIN), max] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 28, space: 70, values: (_, ticks) => ticks.map((tick) => shortTime(tick)) },
      {
        ...axis,
        size: 62,
        ...(spec.isWhole === true && { incrs: WHOLE_STEPS }),
        values: (_, ticks) => ticks.map((tick) => spec.format(tick)),
      },
    ],
    series: [
      {},
      ...spec.lines.map((line) => ({
        label: line.label,
        stroke: color(line.color),
        width: 1.5,
        points: { show: false },
        ...(line.fill === true && { fill: `${color(line.color)}22` }),
      })),
    ],
  }
}

function shortTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toTimeString().slice(0, 8)
}
