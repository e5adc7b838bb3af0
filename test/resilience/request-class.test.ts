import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { REQUEST_CLASSES } from '../../src/core/request-class.ts'
import { lessUrgent, requestClass } from '../../src/resilience/request-class.ts'
import { runSeed } from './seed.ts'

const NONE = { requestClass: null, agentId: null, parentAgentId: null }

test.each([
  [null, 'main'],
  ['main', 'main'],
  ['compaction', 'main'],
  ['subagent', 'subagent'],
  ['workflow', 'subagent'],
  ['auxiliary', 'background'],
  ['side_reply', 'background'],
  [' Background ', 'background'],
  ['batch', 'batch'],
  ['', 'main'],
  ['emperor', 'main'],
  ['__proto__', 'main'],
] as const)('x-claude-code-request-class %p is %s', (header, expected) => {
  expect(requestClass({ ...NONE, requestClass: header })).toBe(expected)
})

test.each([
  [{ agentId: 'a' }, 'subagent'],
  [{ parentAgentId: 'p' }, 'subagent'],
  [{ agentId: 'a', requestClass: 'main' }, 'subagent'],
  [{ agentId: 'a', requestClass: 'side_reply' }, 'background'],
] as const)('headers %j make it %s', (headers, expected) => {
  expect(requestClass({ ...NONE, ...headers })).toBe(expected)
})

test('no header ever lifts a request over what its key allows', () => {
  const header = fc.option(fc.oneof(fc.constantFrom(...REQUEST_CLASSES), fc.string()))
  const headers = fc.record({ requestClass: header, agentId: header, parentAgentId: header })

  fc.assert(
    fc.property(headers, fc.constantFrom(...REQUEST_CLASSES), (claimed, best) => {
      const given = lessUrgent(best, requestClass(claimed))
      expect(REQUEST_CLASSES.indexOf(given)).toBeGreaterThanOrEqual(REQUEST_CLASSES.indexOf(best))
    }),
    { seed: runSeed | 0, numRuns: 500 },
  )
})
