import { expect, test } from 'bun:test'
import { oneAtATime } from '../../../src/cli/workers/one-at-a-time.ts'

test('asked a hundred times while one runs, it runs once more', async () => {
  const runs: PromiseWithResolvers<void>[] = []
  const ask = oneAtATime(() => {
    const run = Promise.withResolvers<void>()
    runs.push(run)
    return run.promise
  })
  ask()
  await Promise.resolve()

  for (let i = 0; i < 100; i++) ask()
  const during = runs.length
  for (let i = 0; i < 4; i++) {
    runs[i]?.resolve()
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  expect([during, runs.length]).toEqual([1, 2])
})
