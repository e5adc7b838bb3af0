import type { Point } from '../wire.ts'
import { WINDOW_SECONDS_MIN } from './charts.ts'
import { element, setText } from './dom.ts'
import { timeOfDay } from './format.ts'

const STATES = ['closed', 'half open', 'open'] as const
const CLASSES = ['closed', 'half-open', 'open'] as const

interface Span {
  /** Place in `STATES`; `null` before the first point. */
  readonly state: number | null
  readonly length: number
}

/** One bar per provider over the same minutes as the charts, and the state now in words. */
export function createBreakers(container: HTMLElement) {
  const list = element('ul', { class: 'breakers' })
  const from = element('span')
  const to = element('span')
  const scale = element('div', { class: 'scale quiet', 'aria-hidden': 'true' }, from, to)
  const title = element('span', { class: 'title' }, 'Circuit breakers')
  const verdict = element('span', { class: 'quiet' })
  const caption = element('figcaption', {}, title, verdict)
  container.append(element('figure', { class: 'card' }, caption, list, scale))
  let shown = ''
  return (providers: readonly string[], points: readonly Point[]): void => {
    const last = points.at(-1)
    if (last === undefined) return
    setText(to, timeOfDay(last.atMs))
    setText(from, timeOfDay(last.atMs - Math.max(points.length, WINDOW_SECONDS_MIN) * 1000))
    const rows = providers.map((provider, place) => ({ provider, spans: spansOf(points, place) }))
    const signature = JSON.stringify(rows)
    if (signature === shown) return
    shown = signature
    const tripped = rows.filter(({ spans }) => spans.some(({ state }) => state !== null && state > 0)).length
    setText(verdict, tripped === 0 ? 'none has opened' : `${tripped} of ${rows.length} opened lately`)
    list.replaceChildren(...rows.map(rowOf))
  }
}

function spansOf(points: readonly Point[], place: number): Span[] {
  const spans: Span[] = []
  const missing = WINDOW_SECONDS_MIN - points.length
  if (missing > 0) spans.push({ state: null, length: missing })
  for (let from = 0; from < points.length; ) {
    const state = points[from]?.breakers[place] ?? 0
    let to = from
    while (to < points.length && (points[to]?.breakers[place] ?? 0) === state) to++
    spans.push({ state, length: to - from })
    from = to
  }
  return spans
}

function rowOf({ provider, spans }: { provider: string; spans: readonly Span[] }): HTMLElement {
  const now = spans.at(-1)?.state ?? 0
  const bar = element('div', { class: 'bar', 'aria-hidden': 'true' }, ...spans.map(piece))
  const state = element('span', { class: `state ${CLASSES[now] ?? ''}` }, STATES[now] ?? '')
  return element('li', {}, element('span', { class: 'name', title: provider }, provider), bar, state)
}

function piece({ state, length }: Span): HTMLElement {
  const made = element('span', { class: state === null ? 'none' : (CLASSES[state] ?? 'closed') })
  made.style.flexGrow = String(length)
  return made
}
