import type { State } from '../wire.ts'
import { byId, element } from './dom.ts'
import { bytes, count, dollars, seconds } from './format.ts'

interface Panel {
  readonly title: string
  readonly columns: readonly string[]
  rows(state: State): readonly (readonly string[])[]
  /** What an empty panel says. */
  readonly empty: string
}

const PANELS: readonly Panel[] = [
  {
    title: 'Providers',
    columns: ['Provider', 'Requests', 'Failed', 'Retries', 'p95'],
    rows: ({ snapshot }) =>
      Object.entries(snapshot.providers).map(([name, { requests, retries, latency }]) => [
        name,
        count(sum(requests)),
        count((requests.upstream_failed ?? 0) + (requests.truncated ?? 0) + (requests.internal_error ?? 0)),
        count(retries),
        seconds(latency.p95),
      ]),
    empty: 'No provider has been asked yet.',
  },
  {
    title: 'Models',
    columns: ['Model', 'Requests', 'Tokens in', 'Tokens out', 'Cost'],
    rows: ({ snapshot }) =>
      Object.entries(snapshot.models).map(([name, { requests, tokens, cost_usd }]) => [
        name,
        count(requests),
        count((tokens.input ?? 0) + (tokens.cache_read ?? 0) + (tokens.cache_write ?? 0)),
        count(tokens.output ?? 0),
        dollars(cost_usd),
      ]),
    empty: 'No model has answered yet.',
  },
  {
    title: 'Budgets',
    columns: ['Scope', 'Spent', 'Set aside', 'Refused'],
    rows: ({ budgets }) =>
      budgets.map(({ scope, spentUsd, reservedUsd, refused }) => [
        scope,
        dollars(spentUsd),
        dollars(reservedUsd),
        count(refused),
      ]),
    empty: 'No budget has been used. Budgets are set in lynkr.yaml.',
  },
  {
    title: 'Response cache',
    columns: ['Hits', 'Misses', 'Answers kept', 'Saved'],
    rows: ({ cache }) =>
      cache.hits + cache.misses === 0
        ? []
        : [[count(cache.hits), count(cache.misses), count(cache.entries), dollars(cache.savedUsd)]],
    empty: 'The response cache is off, or nothing has asked it yet.',
  },
  {
    title: 'Sandboxed commands',
    columns: ['Ending', 'Runs'],
    rows: ({ sandbox }) => Object.entries(sandbox.endings).map(([ending, runs]) => [ending, count(runs)]),
    empty: 'No command has been run.',
  },
  {
    title: 'Process',
    columns: ['Up', 'Memory', 'of', 'Loop lag, p99'],
    rows: ({ snapshot: { system } }) => [
      [
        seconds(system.uptime_seconds),
        bytes(system.rss_bytes),
        bytes(system.memory_limit_bytes),
        seconds(system.event_loop_lag_seconds),
      ],
    ],
    empty: '',
  },
]

/** The tables of what stands now. */
export function createPanels(): (state: State) => void {
  const container = byId('panels', HTMLElement)
  const bodies = PANELS.map((panel) => {
    const body = element('div', { class: 'scroll' })
    container.append(element('section', { class: 'card' }, element('h2', {}, panel.title), body))
    return body
  })
  const shown: string[] = []
  return (state) => {
    PANELS.forEach((panel, i) => {
      const rows = panel.rows(state)
      const signature = JSON.stringify(rows)
      if (shown[i] === signature) return
      shown[i] = signature
      bodies[i]?.replaceChildren(rows.length === 0 ? element('p', { class: 'quiet' }, panel.empty) : table(panel, rows))
    })
  }
}

function table({ columns }: Panel, rows: readonly (readonly string[])[]): HTMLElement {
  const number = (i: number): string | null => (i === 0 ? null : 'number')
  const head = columns.map((column, i) => element('th', { scope: 'col', class: number(i) }, column))
  const body = rows.map((row) => element('tr', {}, ...row.map((cell, i) => element('td', { class: number(i) }, cell))))
  return element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body))
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, value) => total + value, 0)
}
