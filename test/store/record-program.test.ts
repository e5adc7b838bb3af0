import { expect, test } from 'bun:test'
import { pruneUsageProgram } from '../../src/store/record-program.ts'

test('a database server counts the usage that it forgets, and sends nothing of it', () => {
  const program = pruneUsageProgram({ isEmbedded: false }, 1)

  program.next()
  const end = program.next([{ rows: '3000000' }])

  expect(end).toEqual({ done: true, value: { rows: 3_000_000, isDone: true } })
})
