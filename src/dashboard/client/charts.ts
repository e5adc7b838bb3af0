import uPlot from 'uplot'
import type { Point } from '../wire.ts'
import { CHARTS, type ChartSpec, type Line } from './chart-specs.ts'
import { element, setText } from './dom.ts'
import { timeOfDay } from './format.ts'

const HEIGHT = 160
/** Charts and breakers are at least this wide, so that the first minute does not jump about. */
export const WINDOW_SECONDS_MIN = 60
/** Between the lines of the grid, so that no label has more digits than are shown: a quarter would be 0.3. */
const STEPS = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
)
const WHOLE_STEPS = STEPS.filter((step) => step >= 1)
/** Pointing at a moment in one chart points at it in all. */
const CURSOR = 'moment'

export interface Charts {
  show(points: readonly Point[]): void
}

/** The charts of the last minutes. They follow the width of the page and its light or dark scheme. */
export function createCharts(container: HTMLElement): Charts {
  let points: readonly Point[] = []
  const charts = CHARTS.map((spec) => createChart(container, spec))
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
  const words = element('span', { class: 'hidden' })
  const legend = createLegend(spec)
  const plot = element('div', { class: 'plot', 'aria-hidden': 'true' })
  const caption = element('figcaption', {}, element('span', { class: 'title' }, spec.title), words, legend.element)
  container.append(element('figure', { class: 'card' }, caption, plot))
  let chart: uPlot | null = null
  let points: readonly Point[] = []
  const tell = (place: number | null | undefined): void =>
    typeof place === 'number' ? legend.show(points[place], true) : legend.show(points.at(-1), false)
  return {
    renew() {
      chart?.destroy()
      chart = null
    },
    fit: () => chart?.setSize({ width: plot.clientWidth, height: HEIGHT }),
    draw(latest: readonly Point[]) {
      points = latest
      chart ??= new uPlot(optionsOf(spec, plot.clientWidth, tell), [[]], plot)
      const last = points.at(-1)
      setText(words, last === undefined ? 'no data yet' : spec.summary(last))
      chart.setData([
        points.map((point) => point.atMs / 1000),
        ...spec.lines.map((line) => points.map((point) => line.value(point))),
      ])
      tell(chart.cursor.idx)
    },
  }
}

/** Names the lines and tells their values: now, or at the moment that is pointed at. */
function createLegend(spec: ChartSpec) {
  const time = element('span', { class: 'quiet' })
  const values = spec.lines.map(() => element('b'))
  const entries = spec.lines.map((line, i) => {
    const entry = element('span', { class: 'key' }, element('i'), line.label, values[i] ?? '')
    entry.style.setProperty('--key', `var(${line.color})`)
    return entry
  })
  return {
    element: element('span', { class: 'legend', 'aria-hidden': 'true' }, time, ...entries),
    show(point: Point | undefined, isPast: boolean) {
      setText(time, isPast && point !== undefined ? timeOfDay(point.atMs) : '')
      spec.lines.forEach((line, i) => {
        const value = point === undefined ? null : shownValue(line, point)
        setText(values[i] ?? time, value === null ? '–' : spec.format(value))
      })
    },
  }
}

function shownValue(line: Line, point: Point): number | null {
  return line.now === undefined ? line.value(point) : line.now(point)
}

function optionsOf(spec: ChartSpec, width: number, onPoint: (place: number | null | undefined) => void): uPlot.Options {
  const styles = getComputedStyle(document.documentElement)
  const color = (name: string): string => styles.getPropertyValue(name).trim()
  const font = `11px ${styles.getPropertyValue('--font').trim()}`
  const axis = { font, stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } }
  return {
    width,
    height: HEIGHT,
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, sync: { key: CURSOR }, drag: { x: false, y: false } },
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.idx)] },
    scales: {
      x: { range: (_, min, max) => [Math.min(min, max - WINDOW_SECONDS_MIN), max] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 80, values: (_, ticks) => ticks.map(shortTime) },
      {
        ...axis,
        size: 58,
        incrs: spec.isWhole === true ? WHOLE_STEPS : STEPS,
        values: (_, ticks) => ticks.map((tick) => spec.format(tick)),
      },
    ],
    series: [
      {},
      ...spec.lines.map((line) => ({
        stroke: color(line.color),
        width: 1.5,
        points: { show: false },
        ...(line.isFilled === true && { fill: `${color(line.color)}1f` }),
      })),
    ],
  }
}

/** Seconds only where a mark is not on a minute. */
function shortTime(unixSeconds: number): string {
  const text = timeOfDay(unixSeconds * 1000)
  return unixSeconds % 60 === 0 ? text.slice(0, 5) : text
}
