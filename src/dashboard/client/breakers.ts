import type { Point } from '../wire.ts'
import { element } from './dom.ts'

const STATES = ['closed', 'half open', 'open'] as const
const CLASSES = ['closed', 'half-open', 'open'] as const

interface Span {
  readonly state: number
  readonly from: number
  readonly length: number
}

/** One bar per provider over the same minutes as the charts, and the state now in words. */
export function showBreakers(container: HTMLElement, providers: readonly string[], points: readonly Point[]): void {
  const rows = providers.map((provider, place) => {
    const states = points.map((point) => point.breakers[place] ?? 0)
    const now = states.at(-1) ?? 0
    const bar = element(
      'div',
      { class: 'bar', 'aria-hidden': 'true' },
      ...spansOf(states).map((span) => piece(span, states.length)),
    )
    const label = element('span', { class: `state ${CLASSES[now] ?? ''}` }, STATES[now] ?? '')
    return element('li', {}, element('span', { class: 'name' }, provider), bar, label)
  })
  container.replaceChildren(element('ul', { class: 'breakers' }, ...rows))
}

function spansOf(states: readonly number[]): Span[] {
  const spans: Span[] = []
  for (let from = 0; from < states.length; ) {
    let to = from
    while (states[to] === states[from] && to < states.length) to++
    spans.push({ state: states[from] ?? 0, from, length: to - from })
    from = to
  }
  return spans
}

function piece(span: Span, total: number): HTMLElement {
  const made = element('span', { class: CLASSES[span.state] ?? 'closed' })
  made.style.flexGrow = String(span.length / total)
  return made
}
