import { expect, test } from 'bun:test'
import { BATCH_OPS_MAX, openOutbox } from '../../src/budget/outbox.ts'
import { REFUSED_PAUSE_MS } from '../../src/budget/refused-ops.ts'
import { type LedgerOp, type LedgerStore, StoreError } from '../../src/core/store.ts'
import { openFakeClock } from '../support/fake-clock.ts'

const reserve = (holdId: string): LedgerOp => ({ kind: 'reserve', holdId, lines: [], isDispatched: true })
const release = (holdId: string): LedgerOp => ({ kind: 'release', holdId, lines: [], keepsRest: false })

/** An outbox before a store that refuses all that `isRefused` says, and renewals too where it says so of `null`. */
function openRig(isRefused: (op: LedgerOp | null) => boolean) {
  const written: LedgerOp[] = []
  const confirmed: LedgerOp[] = []
  const faults: unknown[] = []
  const time = openFakeClock(0)
  const rig = { isRefused, batches: 0 }
  const apply: LedgerStore['apply'] = async (_, ops) => {
    rig.batches++
    if ([null, ...ops].some(rig.isRefused)) throw new StoreError('other', 'refused')
    written.push(...ops)
    return { results: ops.map(() => ({ kind: 'done', lines: [] })), wasVoid: false }
  }
  const outbox = openOutbox({
    ...{ store: { apply } as LedgerStore, owner: 'owner', clock: time.clock, scheduler: time.scheduler },
    ...{ onVoid: () => undefined, onFault: (cause) => void faults.push(cause) },
  })
  const push = (op: LedgerOp) => outbox.pushLater({ op, wasSent: false, onResult: () => void confirmed.push(op) })
  return Object.assign(rig, { outbox, push, written, confirmed, faults, time })
}

const isOf = (holdId: string) => (op: LedgerOp | null) => op !== null && op.kind !== 'trim' && op.holdId === holdId

test('an operation that the ledger refuses by itself keeps no other waiting, and is counted and told of once', async () => {
  const rig = openRig(isOf('bad'))
  const good = Array.from({ length: BATCH_OPS_MAX + 50 }, (_, i) => reserve(`good-${i}`))

  rig.push(reserve('bad'))
  good.forEach(rig.push)
  const isUp = await rig.outbox.flush()
  await rig.outbox.flush()

  expect([isUp, rig.outbox.isUp(), rig.outbox.size(), rig.faults.length]).toEqual([true, true, 1, 1])
  expect(rig.confirmed).toEqual(good)
})

test('what the ledger refused is sent again ever more seldom, and what came later of its hold follows it', async () => {
  const rig = openRig(isOf('bad'))
  rig.push(reserve('bad'))
  await rig.outbox.flush()
  rig.push(release('bad'))
  const sends: number[] = []
  for (let pauses = 0; pauses < 8; pauses++) {
    rig.time.advance(REFUSED_PAUSE_MS)
    const before = rig.batches
    await rig.outbox.flush()
    // One renews the lease.
    sends.push(rig.batches - before - 1)
  }

  rig.isRefused = () => false
  rig.time.advance(REFUSED_PAUSE_MS * 8)
  const sizeBefore = rig.outbox.size()
  await rig.outbox.flush()

  expect(sends).toEqual([1, 0, 1, 0, 0, 0, 1, 0])
  expect([sizeBefore, rig.outbox.size(), rig.faults.length]).toEqual([2, 0, 1])
  expect(rig.written).toEqual([reserve('bad'), release('bad')])
})

test('what comes of a hold whose refused operation is just being sent again follows it, though it be refused once more', async () => {
  const rig = openRig(isOf('bad'))
  rig.push(reserve('bad'))
  await rig.outbox.flush()
  rig.time.advance(REFUSED_PAUSE_MS)
  rig.isRefused = (op) => {
    if (!isOf('bad')(op)) return false
    rig.isRefused = () => false
    rig.push(release('bad'))
    return true
  }

  await rig.outbox.flush()
  await rig.outbox.flush()
  const tooEarly = [...rig.written]
  rig.time.advance(REFUSED_PAUSE_MS * 2)
  await rig.outbox.flush()

  expect(tooEarly).toEqual([])
  expect(rig.written).toEqual([reserve('bad'), release('bad')])
  expect(rig.outbox.size()).toBe(0)
})

test('a ledger that does not even renew the lease refuses everything, and keeps the order of what waits', async () => {
  const rig = openRig(() => true)
  const ops = [reserve('a'), release('a'), reserve('b')]
  ops.forEach(rig.push)

  const isUp = [await rig.outbox.flush(), await rig.outbox.flush()]
  rig.isRefused = () => false
  isUp.push(await rig.outbox.flush())

  expect(isUp).toEqual([false, false, true])
  expect(rig.written).toEqual(ops)
})
