import { expect, test } from 'bun:test'
import { watchOutgrown } from '../../src/cli/outgrown-store.ts'
import { StoreError } from '../../src/core/store.ts'
import { healthReport } from '../../src/http/health.ts'
import { createLogger } from '../../src/observability/logger.ts'

const GOOD = { healthy: true, detail: 'good' }

test('a database that a newer lynkr has taken over is told of once, as an error, and makes the instance unready for good', () => {
  const lines: string[] = []
  const others: unknown[] = []
  const logger = createLogger({ write: (line) => lines.push(line), flush: async () => undefined }, { level: 'info' })
  const outgrown = watchOutgrown(logger, (cause) => others.push(cause))
  const locked = new StoreError('locked', 'it is locked')

  outgrown.onFault(locked)
  const before = outgrown.health()
  for (let i = 0; i < 100; i++) outgrown.onFault(new StoreError('newer_schema', 'schema 9, this one knows 5'))
  const database = outgrown.health() ?? GOOD

  expect([before, others]).toEqual([null, [locked]])
  expect(lines.map((line) => JSON.parse(line).level)).toEqual([50])
  expect(healthReport({ database, memory: GOOD, shutdown: GOOD, providers: { a: GOOD } })).toMatchObject({
    status: 'unready',
    database: { detail: 'schema 9, this one knows 5' },
  })
})
