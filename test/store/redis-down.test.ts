import { expect, test } from 'bun:test'
import { holdingScheduler } from '../../src/core/clock.ts'
import { openRedis } from '../../src/store/redis-client.ts'
import { freePort } from '../support/free-port.ts'

test('a Redis that refuses at the start is told, and lynkr starts all the same', async () => {
  const faults: unknown[] = []

  const client = await openRedis({
    url: `redis://127.0.0.1:${await freePort()}`,
    scheduler: holdingScheduler,
    onFault: (cause) => void faults.push(cause),
  })
  client.close()

  expect(faults).not.toHaveLength(0)
})
