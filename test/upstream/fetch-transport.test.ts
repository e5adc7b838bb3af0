import { expect, test } from 'bun:test'
import { fetchTransport } from '../../src/upstream/fetch-transport.ts'

test.each([
  ['ECONNREFUSED', 'upstream_unreachable', 'failure'],
  ['ETIMEDOUT', 'upstream_timeout', 'failure'],
  ['EMFILE', 'overloaded', 'ignore'],
  ['ENFILE', 'overloaded', 'ignore'],
] as const)('a connection that ends in %s is %s, which to a breaker is: %s', (code, kind, outcome) => {
  const error = fetchTransport.explain(Object.assign(new TypeError('Unable to connect'), { code }))

  expect([error.kind, error.traits.outcome, error.detail.facts?.code]).toEqual([kind, outcome, code])
})
