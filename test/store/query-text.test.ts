import { expect, test } from 'bun:test'
import { type SQL, sql } from 'drizzle-orm'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import fc from 'fast-check'
import { queryText } from '../../src/store/query-text.ts'

const leaf = fc.oneof(fc.string(), fc.integer()).map((value) => sql`select ${value} as one`)
const { query } = fc.letrec<{ query: SQL }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc
      .tuple(tie('query'), fc.string(), tie('query'))
      .map(([a, value, b]) => sql`from (${a}) where x = ${value} and ${b}`),
    fc.array(tie('query'), { maxLength: 3 }).map((parts) => sql`(${sql.join(parts, sql`, `)})`),
    fc.constant(sql.raw('order by "a"')),
  ),
}))

test("any query of ours has the text and the parameters that Drizzle's compiler gives it", () => {
  const compiler = new SQLiteSyncDialect()

  fc.assert(
    fc.property(query, (any) => {
      const { sql: text, params } = compiler.sqlToQuery(any)

      expect(queryText(any)).toEqual({ text, parameters: params as (string | number)[] })
    }),
  )
})
