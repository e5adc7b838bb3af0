import type { RequestRow } from '../wire.ts'
import { byId, element, setText } from './dom.ts'
import { count, dollars, seconds, text, timeOfDay } from './format.ts'

const KEPT_MAX = 500
const SHOWN_MAX = 100

/** The list of recent requests with its filter; a row, or by keyboard its button, opens the request. */
export function createRequests(onOpen: (row: RequestRow) => void) {
  let rows: RequestRow[] = []
  const body = byId('rows', HTMLElement)
  const filter = byId('filter', HTMLInputElement)
  const outcome = byId('outcome', HTMLSelectElement)
  /** By the request itself: clients may give several the same id. */
  const made = new Map<RequestRow, HTMLElement>()

  function show(): void {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean)
    const matching = rows.filter((row) => matches(row, words, outcome.value))
    const shown = matching.slice(0, SHOWN_MAX)
    setText(byId('shown', HTMLElement), summary(rows.length, matching.length, shown.length))
    const focused = document.activeElement
    for (const row of made.keys()) if (!shown.includes(row)) made.delete(row)
    body.replaceChildren(...(shown.length === 0 ? [empty(rows.length)] : shown.map(elementOf)))
    if (focused instanceof HTMLElement && body.contains(focused)) focused.focus({ preventScroll: true })
  }

  function elementOf(row: RequestRow): HTMLElement {
    const known = made.get(row)
    if (known !== undefined) return known
    const line = lineOf(row, onOpen)
    made.set(row, line)
    return line
  }

  filter.addEventListener('input', show)
  outcome.addEventListener('change', show)
  return {
    /** The newest first. */
    all: (): readonly RequestRow[] => rows,
    reset(all: readonly RequestRow[]) {
      rows = all.toReversed()
      show()
    },
    add(fresh: readonly RequestRow[]) {
      if (fresh.length === 0) return
      rows = [...fresh.toReversed(), ...rows].slice(0, KEPT_MAX)
      show()
    },
  }
}

function matches(row: RequestRow, words: readonly string[], outcome: string): boolean {
  if (outcome === 'ok' && row.outcome !== 'ok') return false
  if (outcome === 'failed' && row.outcome === 'ok') return false
  if (words.length === 0) return true
  const { id, traceId, keyId, modelAsked, modelUsed, provider, errorKind, surface, status } = row
  const all = [id, traceId, keyId, modelAsked, modelUsed, provider, errorKind, surface, row.outcome, status].join(' ')
  return words.every((word) => all.toLowerCase().includes(word))
}

function summary(all: number, matching: number, shown: number): string {
  if (matching < all) return `${shown} of ${matching} that match, of ${all}`
  return shown < all ? `the newest ${shown} of ${all}` : `${all}`
}

function empty(all: number): HTMLElement {
  const words = all === 0 ? 'No request yet. They appear here as they end.' : 'No request matches.'
  return element('tr', {}, element('td', { colspan: '10', class: 'quiet' }, words))
}

function lineOf(row: RequestRow, onOpen: (row: RequestRow) => void): HTMLElement {
  const label = `${timeOfDay(row.endedMs)}, ${row.outcome}, ${text(row.modelAsked)}: open the request`
  const button = element('button', { type: 'button', class: 'link', 'aria-label': label }, timeOfDay(row.endedMs))
  const outcome =
    row.outcome === 'ok'
      ? ['ok']
      : [String(row.status), element('span', { class: 'wide' }, ` ${row.errorKind ?? row.outcome}`)]
  const line = element(
    'tr',
    {},
    element('td', {}, button),
    element('td', {}, element('span', { class: `badge ${badgeOf(row)}` }, ...outcome)),
    element('td', { class: 'cut' }, text(row.modelAsked ?? row.surface)),
    element('td', { class: 'wide' }, row.lane === 'cache' ? 'response cache' : text(row.provider)),
    element('td', { class: 'number wide' }, seconds(row.firstByteSeconds)),
    element('td', { class: 'number' }, seconds(row.seconds)),
    element('td', { class: 'number wide' }, count(row.tokensIn)),
    element('td', { class: 'number wide' }, count(row.tokensOut)),
    element('td', { class: 'number' }, dollars(row.costUsd)),
    element('td', { class: 'number wide' }, count(row.attempts.length)),
  )
  line.addEventListener('click', () => {
    // Who marks a name to copy it does not want to open anything.
    if (getSelection()?.isCollapsed !== false) onOpen(row)
  })
  return line
}

/** A client's own mistake is not the service's. */
function badgeOf({ outcome, status }: RequestRow): 'good' | 'mild' | 'bad' {
  if (outcome === 'ok') return 'good'
  return status >= 500 || outcome === 'truncated' ? 'bad' : 'mild'
}
