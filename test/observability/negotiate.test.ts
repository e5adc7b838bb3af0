import { expect, test } from 'bun:test'
import { negotiateFormat } from '../../src/observability/negotiate.ts'

const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'

test.each([
  [null, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
  ['text/plain', 'text'],
  [PROMETHEUS_3, 'openmetrics'],
  ['application/openmetrics-text', 'openmetrics'],
  ['Application/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1', 'openmetrics'],
  ['application/openmetrics-text;version=2.0.0', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=0.3,text/plain;q=0.4', 'text'],
  ['text/plain;q=0.3,application/openmetrics-text;q=0.301', 'openmetrics'],
  ['application/openmetrics-text;q=1.5', 'text'],
  ['application/openmetrics-text;q=banana', 'text'],
  ['application/vnd.google.protobuf;q=1,application/openmetrics-text;q=0.5', 'openmetrics'],
  ['image/png', 'text'],
  [',;;=,'.repeat(10_000), 'text'],
] as const)('Accept %p gets %s', (accept, format) => {
  expect(negotiateFormat(accept)).toBe(format)
})
