import type { BudgetState, RequestRow, State } from '../wire.ts'
import { byId, element } from './dom.ts'
import { bytes, count, dollars, moment, percent, seconds } from './format.ts'
import { modelRows } from './model-rows.ts'

/** A cell is text, or what a meter shows and says. */
export type Cell = string | { readonly ratio: number; readonly text: string }

interface Panel {
  readonly title: string
  readonly columns: readonly string[]
  rows(state: State, requests: readonly RequestRow[]): readonly (readonly Cell[])[]
  /** What an empty panel says. */
  readonly empty: string
  /** A sentence below the table; `null` where there is nothing to say. */
  note?(state: State): string | null
}

const PANELS: readonly Panel[] = [
  {
    title: 'Providers',
    columns: ['Provider', 'Requests', 'Failed', 'Retries', 'Prompt cache', 'p95'],
    rows: ({ snapshot }) =>
      Object.entries(snapshot.providers).map(([name, { requests, retries, latency, prompt_cache_hit_ratio }]) => [
        name,
        count(sum(requests)),
        count((requests.upstream_failed ?? 0) + (requests.truncated ?? 0) + (requests.internal_error ?? 0)),
        count(retries),
        percent(prompt_cache_hit_ratio),
        seconds(latency.p95),
      ]),
    empty: 'No provider has been asked yet.',
  },
  {
    title: 'Models, in the recent requests',
    columns: ['Model', 'Requests', 'Tokens in', 'out', 'Cost', 'p95'],
    rows: (_, requests) => modelRows(requests),
    empty: 'No model has answered yet.',
  },
  {
    title: 'Budgets',
    columns: ['Budget', 'Used', 'Spent', 'Limit', 'Resets'],
    rows: ({ budgets }) => budgets.map(budgetRow),
    empty: 'No budget is set. Budgets go into lynkr.yaml.',
    note: ({ budgetRefusals }) => (budgetRefusals === 0 ? null : `${count(budgetRefusals)} requests were refused.`),
  },
  {
    title: 'Response cache',
    columns: ['Hits', 'Misses', 'Hit ratio', 'Answers kept', 'Saved'],
    rows: ({ cache: { hits, misses, entries, savedUsd } }) =>
      hits + misses === 0
        ? []
        : [[count(hits), count(misses), percent(hits / (hits + misses)), count(entries), dollars(savedUsd)]],
    empty: 'The response cache is off, or nothing has asked it yet.',
  },
  {
    title: 'Sandboxed commands',
    columns: ['Ending', 'Runs'],
    rows: ({ sandbox }) => [
      ...(sandbox.running > 0 ? [['running now', count(sandbox.running)]] : []),
      ...Object.entries(sandbox.endings).map(([ending, runs]) => [ending.replace('_', ' '), count(runs)]),
    ],
    empty: 'No command has been run.',
  },
  {
    title: 'Process',
    columns: ['Up', 'Memory', 'Loop lag, p99'],
    rows: ({ snapshot: { system } }) => [
      [
        seconds(system.uptime_seconds),
        `${bytes(system.rss_bytes)} of ${bytes(system.memory_limit_bytes)}`,
        seconds(system.event_loop_lag_seconds),
      ],
    ],
    empty: '',
  },
]

function budgetRow({ scope, id, window, unit, limit, spent, reserved, resetsWallMs }: BudgetState): readonly Cell[] {
  const amount = (value: number): string => (unit === 'micro_usd' ? dollars(value / 1e6) : count(value))
  const ratio = limit === 0 ? 1 : (spent + reserved) / limit
  const name = scope === 'global' ? `everybody, a ${window}` : `${scope} ${id}, a ${window}`
  const kind = unit === 'micro_usd' ? '' : ` ${unit}`
  return [name, { ratio, text: percent(ratio) }, amount(spent), `${amount(limit)}${kind}`, moment(resetsWallMs)]
}

/** The tables of what stands now. */
export function createPanels(): (state: State, requests: readonly RequestRow[]) => void {
  const container = byId('panels', HTMLElement)
  const bodies = PANELS.map((panel) => {
    const body = element('div', { class: 'scroll' })
    container.append(element('section', { class: 'card' }, element('h2', {}, panel.title), body))
    return body
  })
  const shown: string[] = []
  return (state, requests) => {
    PANELS.forEach((panel, i) => {
      const rows = panel.rows(state, requests)
      const note = panel.note?.(state) ?? null
      const signature = JSON.stringify([rows, note])
      if (shown[i] === signature) return
      shown[i] = signature
      bodies[i]?.replaceChildren(
        rows.length === 0 ? quiet(panel.empty) : table(panel, rows),
        ...(note === null ? [] : [quiet(note)]),
      )
    })
  }
}

function quiet(words: string): HTMLElement {
  return element('p', { class: 'quiet note' }, words)
}

function table({ columns }: Panel, rows: readonly (readonly Cell[])[]): HTMLElement {
  const number = (i: number): string | null => (i === 0 ? null : 'number')
  const head = columns.map((column, i) => element('th', { scope: 'col', class: number(i) }, column))
  const body = rows.map((row) =>
    element('tr', {}, ...row.map((cell, i) => element('td', { class: number(i) ?? 'cut' }, contentOf(cell)))),
  )
  return element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body))
}

function contentOf(cell: Cell): Node | string {
  if (typeof cell === 'string') return cell
  const bar = element('i', { class: cell.ratio >= 1 ? 'full' : cell.ratio >= 0.8 ? 'near' : null })
  bar.style.width = `${Math.min(100, cell.ratio * 100)}%`
  return element('span', { class: 'meter' }, element('span', { class: 'track', 'aria-hidden': 'true' }, bar), cell.text)
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, value) => total + value, 0)
}
