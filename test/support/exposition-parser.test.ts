import { expect, test } from 'bun:test'
import { parseExposition } from './exposition-parser.ts'

test('a sound exposition is read in full', () => {
  const text = '# HELP a_total What \\\\ is\\n.\n# TYPE a_total counter\na_total{x="q\\"\\n\\\\"} 2\n'

  const family = parseExposition(text, 'text').get('a_total')

  expect(family?.type).toBe('counter')
  expect(family?.samples[0]?.labels.get('x')).toBe('q"\n\\')
  expect(family?.samples[0]?.value).toBe(2)
})

const histogram = (lines: string): string => `# TYPE h histogram\n${lines}`

test.each([
  ['no last newline', 'text', '# TYPE a gauge\na 1'],
  ['a blank line', 'text', '# TYPE a gauge\n\na 1\n'],
  ['a second TYPE', 'text', '# TYPE a gauge\n# TYPE a gauge\na 1\n'],
  ['a second HELP', 'text', '# HELP a x\n# HELP a x\na 1\n'],
  ['metadata after samples', 'text', '# TYPE a gauge\na 1\n# HELP a x\n'],
  ['an interleaved family', 'text', '# TYPE a gauge\na{x="1"} 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{x="2"} 1\n'],
  ['a sample without its family', 'text', 'a 1\n'],
  ['a series that comes twice', 'text', '# TYPE a gauge\na{x="1",y="2"} 1\na{y="2",x="1"} 1\n'],
  ['a raw newline in a label', 'text', '# TYPE a gauge\na{x="1\n2"} 1\n'],
  ['an unescaped quote in a label', 'text', '# TYPE a gauge\na{x="1"2"} 1\n'],
  ['an unknown escape in a label', 'text', '# TYPE a gauge\na{x="\\t"} 1\n'],
  ['a bad label name', 'text', '# TYPE a gauge\na{1x="1"} 1\n'],
  ['a reserved label name', 'text', '# TYPE a gauge\na{__x="1"} 1\n'],
  ['a bad metric name', 'text', '# TYPE a-b gauge\na-b 1\n'],
  ['a value that is no number', 'text', '# TYPE a gauge\na undefined\n'],
  ['a negative counter', 'text', '# TYPE a_total counter\na_total -1\n'],
  ['# EOF in 0.0.4', 'text', '# TYPE a gauge\na 1\n# EOF\n'],
  ['UNIT in 0.0.4', 'text', '# UNIT a_seconds seconds\n# TYPE a_seconds gauge\na_seconds 1\n'],
  ['a histogram without +Inf', 'text', histogram('h_bucket{le="1.0"} 1\nh_sum 1\nh_count 1\n')],
  ['a +Inf that is not the count', 'text', histogram('h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n')],
  ['buckets that fall', 'text', histogram('h_bucket{le="1.0"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n')],
  [
    'bounds that fall',
    'text',
    histogram('h_bucket{le="2.0"} 1\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n'),
  ],
  ['a histogram without sum', 'text', histogram('h_bucket{le="+Inf"} 1\nh_count 1\n')],
  ['no # EOF', 'openmetrics', '# TYPE a gauge\na 1\n'],
  ['lines after # EOF', 'openmetrics', '# TYPE a gauge\n# EOF\na 1\n'],
  ['a counter family named _total', 'openmetrics', '# TYPE a_total counter\na_total 1\n# EOF\n'],
  ['a unit that the name lacks', 'openmetrics', '# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n'],
  ['a bare quote in HELP', 'openmetrics', '# TYPE a gauge\n# HELP a say "x"\na 1\n# EOF\n'],
] as const)('the parser refuses %s', (_, format, text) => {
  expect(() => parseExposition(text, format)).toThrow()
})
