import { expect, test } from 'bun:test'
import { DrizzleQueryError } from 'drizzle-orm'
import { createLogger } from '../../src/observability/logger.ts'
import { postgresFault } from '../../src/store/postgres-fault.ts'

test('the log says what PostgreSQL said of a failed query, and nothing of the query or its rows', () => {
  const lines: string[] = []
  const logger = createLogger({ write: (line) => lines.push(line), flush: async () => undefined }, { level: 'info' })
  const said = Object.assign(new Error('cannot execute INSERT in a read-only transaction'), { errno: '25006' })

  logger.warn({ err: postgresFault(new DrizzleQueryError('insert into usage_row', ['a-row'], said)) }, 'failed')

  expect(lines[0]).toContain('DATABASE_URL must name the primary: cannot execute INSERT')
  expect(lines[0]).not.toMatch(/usage_row|a-row/)
})

test.each(['08006', '08P01'])('a connection that broke, here or behind a pooler, is an outage: %s', (errno) => {
  const said = Object.assign(new Error('server conn crashed?'), { errno })

  const { fault, message } = postgresFault(new DrizzleQueryError('insert', [], said))

  expect(fault).toBe('unreachable')
  expect(message).toContain('pooler')
})
