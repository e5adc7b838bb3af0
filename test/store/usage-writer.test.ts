import { expect, test } from 'bun:test'
import { StoreError, type UsageRow } from '../../src/core/store.ts'
import { openUsageWriter, USAGE_ROWS_WAITING_MAX } from '../../src/store/usage-writer.ts'
import { usageRow } from '../support/store-contract-rows.ts'

function openWriter() {
  const written: UsageRow[] = []
  const faults: unknown[] = []
  const state = { isDown: false, isFailing: false, isRefused: (_: UsageRow): boolean => false, writes: 0 }
  const store = {
    async insertUsage(rows: readonly UsageRow[]) {
      state.writes++
      if (state.isDown) throw new Error('down')
      if (state.isFailing || rows.some(state.isRefused)) throw new StoreError('other', 'refused')
      written.push(...rows)
    },
    async check() {
      if (state.isFailing) throw new StoreError('other', 'refused')
    },
  }
  return { writer: openUsageWriter(store, (cause) => void faults.push(cause)), written, faults, state }
}

test('rows are written in order, in batches, and rows that come meanwhile too', async () => {
  const { writer, written } = openWriter()
  const rows = Array.from({ length: 1_200 }, () => usageRow())

  for (const row of rows.slice(0, 700)) writer.add(row)
  const flushed = writer.flush()
  for (const row of rows.slice(700)) writer.add(row)
  const isWritten = await flushed
  await writer.flush()

  expect([isWritten, written, writer.waiting()]).toEqual([true, rows, 0])
})

test('between two writes whatever else is ready has its turn', async () => {
  const order: string[] = []
  const writer = openUsageWriter(
    {
      async insertUsage() {
        order.push('write')
        setImmediate(() => order.push('other'))
      },
      check: async () => undefined,
    },
    () => undefined,
  )
  for (let i = 0; i < 400; i++) writer.add(usageRow())

  await writer.flush()

  expect(order.slice(0, 4)).toEqual(['write', 'other', 'write', 'other'])
})

test('what a store that is down did not take is sent again, and nothing twice', async () => {
  const { writer, written, faults, state } = openWriter()
  writer.add(usageRow())

  state.isDown = true
  const whileDown = await writer.flush()
  state.isDown = false
  await writer.flush()

  expect([whileDown, faults.length, written.length, writer.waiting()]).toEqual([false, 1, 1, 0])
})

test('a row that the store refuses by itself keeps no other waiting, is told of once, and is written once it is taken', async () => {
  const { writer, written, faults, state } = openWriter()
  const bad = usageRow({ model: 'bad' })
  const good = Array.from({ length: 400 }, () => usageRow())
  state.isRefused = (row) => row === bad

  for (const row of [...good.slice(0, 70), bad, ...good.slice(70)]) writer.add(row)
  const isUp = await writer.flush()
  const whileRefused = [isUp, writer.waiting(), written.length, faults.length]
  await writer.flush()
  state.isRefused = () => false
  await writer.flush()

  expect(whileRefused).toEqual([true, 1, 400, 1])
  expect([written, writer.waiting(), faults.length]).toEqual([[...good, bad], 0, 1])
})

test('of many rows that the store refuses each, one is tried again by a flush, and all once it takes them', async () => {
  const { writer, written, state } = openWriter()
  state.isRefused = () => true
  for (let i = 0; i < 20; i++) writer.add(usageRow())
  await writer.flush()
  const before = state.writes

  await writer.flush()
  const again = state.writes - before
  state.isRefused = () => false
  await writer.flush()

  expect([again, written.length, writer.waiting()]).toEqual([1, 20, 0])
})

test('a store that refuses all is down, and rows stay in their order', async () => {
  const { writer, written, faults, state } = openWriter()
  const rows = Array.from({ length: 300 }, () => usageRow())
  for (const row of rows) writer.add(row)
  state.isFailing = true

  const whileFailing = await writer.flush()
  const writes = state.writes
  state.isFailing = false
  const isUp = await writer.flush()

  expect([whileFailing, writes, faults.length]).toEqual([false, 2, 1])
  expect([isUp, written]).toEqual([true, rows])
})

test('rows that wait have an end, and the caller is told what is lost', () => {
  const { writer } = openWriter()
  const row = usageRow()

  const taken = Array.from({ length: USAGE_ROWS_WAITING_MAX + 1 }, () => writer.add(row))

  expect([taken.at(-2), taken.at(-1)]).toEqual([true, false])
})
