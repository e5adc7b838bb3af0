import { expect, test } from 'bun:test'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { FairTurns } from '../../src/resilience/fair-turns.ts'
import { eventually } from '../support/eventually.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post } from '../support/proxy.ts'

/** No chunk's turn comes before the test says so. */
class HeldTurns extends FairTurns {
  asked = 0
  readonly #gate = Promise.withResolvers<void>()

  override take(): Promise<void> {
    this.asked++
    return this.#gate.promise
  }

  open(): void {
    this.#gate.resolve()
  }
}

test.each([
  ['passthrough', {}],
  ['transcode', CHAT_PROVIDER],
] as const)('%s: a stream moves its chunks when its turn comes, and is whole', async (_, provider) => {
  const turns = new HeldTurns({ clock: systemClock, scheduler: systemScheduler })
  const proxy = await openProxy({ provider, pipeline: { turns } })
  proxy.simulator.setDefault({ blocks: [{ text: 'one two three' }], chunkChars: 4, delayMs: 5 })

  const response = post(proxy, { ...HELLO, stream: true })
  await eventually(async () => turns.asked === 1)
  await proxy.simulator.waitForRequest(({ endedMs }) => endedMs !== null)
  expect([turns.asked, proxy.records]).toEqual([1, []])
  turns.open()
  const text = await (await response).text()
  const [record] = await proxy.settled(1)

  expect(text.trimEnd().split('\n\n').at(-1)).toContain('message_stop')
  expect(record?.outcome).toBe('ok')
  await proxy.stop()
})
