import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { CHUNKS_PER_TURN, FairTurns } from '../../src/resilience/fair-turns.ts'
import { openFakeClock } from '../support/fake-clock.ts'

/** An event loop under the test's hand. */
function openLoop() {
  const { clock, scheduler, advance } = openFakeClock(0)
  let due: (() => void)[] = []
  const turns = new FairTurns({ clock, scheduler: { ...scheduler, soon: (run) => void due.push(run) } })
  const moved: number[] = []
  let asked = 0
  return {
    turns,
    moved,
    advance,
    isDue: () => due.length > 0,
    /** So many chunks ask, each noted as it moves. */
    ask(count: number) {
      for (let i = 0; i < count; i++) {
        const name = asked++
        const wait = turns.take()
        if (wait === undefined) moved.push(name)
        else void wait.then(() => moved.push(name))
      }
    },
    async next() {
      const running = due
      due = []
      for (const run of running) run()
      await Promise.resolve()
    },
  }
}

describe('chunks', () => {
  test('move at once while there are few, and nothing is asked of the event loop', () => {
    const loop = openLoop()

    loop.ask(CHUNKS_PER_TURN - 1)

    expect([loop.moved.length, loop.isDue(), loop.turns.waitMs()]).toEqual([CHUNKS_PER_TURN - 1, false, 0])
  })

  test('beyond those of a turn wait for the next, and are told apart by how long', async () => {
    const loop = openLoop()
    loop.ask(CHUNKS_PER_TURN + 2)
    loop.advance(5)

    expect([loop.moved.length, loop.turns.waitMs()]).toEqual([CHUNKS_PER_TURN, 5])
    await loop.next()

    expect([loop.moved.length, loop.turns.waitMs()]).toEqual([CHUNKS_PER_TURN + 2, 0])
  })

  test('that come while others wait do not go before them', async () => {
    const loop = openLoop()
    loop.ask(2 * CHUNKS_PER_TURN + 1)
    await loop.next()
    loop.ask(1)
    await loop.next()

    expect(loop.moved).toEqual(Array.from({ length: 2 * CHUNKS_PER_TURN + 2 }, (_, name) => name))
  })

  test('in any order of asking and turning: so many a turn, first come first moved, none lost, none twice', async () => {
    const turn = fc.array(fc.nat({ max: 3 * CHUNKS_PER_TURN }), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 20 }), async (history) => {
        const loop = openLoop()
        let asked = 0
        for (const asks of history) {
          const before = loop.moved.length
          await loop.next()
          for (const count of asks) {
            loop.ask(count)
            asked += count
          }
          expect(loop.moved.length - before).toBeLessThanOrEqual(CHUNKS_PER_TURN)
        }
        while (loop.isDue()) {
          const before = loop.moved.length
          await loop.next()
          expect(loop.moved.length - before).toBeLessThanOrEqual(CHUNKS_PER_TURN)
        }
        expect(loop.moved).toEqual(Array.from({ length: asked }, (_, name) => name))
      }),
    )
  })
})
