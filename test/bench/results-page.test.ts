import { expect, test } from 'bun:test'
import { chartOf } from '../../bench/report/chart.ts'
import { type Results, regressions, resultsPage } from '../../bench/report/results-page.ts'
import type { Target } from '../../bench/support/section.ts'

function resultsWith(measured: number, over: Partial<Target> = {}): Results {
  const target: Target = { what: 'CPU', limit: 1.25, measured, unit: '× bare proxy', bound: 'at most', ...over }
  const section = { title: 'End to end', columns: ['proxy', 'CPU'], rows: [['lynkr', `${measured}`]], data: null }
  return { run: { commit: 'abc', cores: 2 }, sections: [{ ...section, targets: [target] }], missing: [] }
}

test('a figure that is more than 1.3 times what it was is named, one at 1.3 times is not', () => {
  const before = resultsWith(1)

  expect(regressions(before, resultsWith(1.3))).toEqual([])
  expect(regressions(before, resultsWith(1.4))).toEqual(['CPU: 1.40 × bare proxy, was 1.00'])
})

test('a figure that the last run did not have is no regression', () => {
  expect(regressions(resultsWith(1, { what: 'another' }), resultsWith(9))).toEqual([])
})

test('the page tells machine, commit, tables, and each target met or missed', () => {
  const page = resultsPage(resultsWith(2))

  expect(page).toContain('- commit: abc')
  expect(page).toContain('| lynkr |   2 |')
  expect(page).toContain('## Targets: 0 of 1 met')
  expect(page).toContain('MISSED ×1.6   CPU: 2 × bare proxy (at most 1.25)')
})

test('the chart has a bar for each ratio to the bare proxy, red beyond its limit, and escapes its words', () => {
  const chart = chartOf(resultsWith(2, { what: 'a < b & c' }))

  expect(chart.match(/<rect x=/g)).toHaveLength(1)
  expect(chart).toContain('fill="#c62828"')
  expect(chart).toContain('a &lt; b &amp; c')
  expect(chartOf(resultsWith(1))).toContain('fill="#2e7d32"')
  expect(chartOf(resultsWith(2, { unit: 'ms' }))).not.toContain('<rect x=')
})

test('the page names what did not come to its end, where something did not', () => {
  const page = resultsPage({ ...resultsWith(2), missing: ['peers: given up after 42 s'] })

  expect(page).toEndWith('## Not measured\n\n- peers: given up after 42 s\n')
  expect(resultsPage(resultsWith(2))).not.toContain('Not measured')
})
