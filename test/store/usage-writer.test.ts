import { expect, test } from 'bun:test'
import type { UsageRow } from '../../src/core/store.ts'
import { openUsageWriter, USAGE_ROWS_WAITING_MAX } from '../../src/store/usage-writer.ts'
import { usageRow } from '../support/store-contract-rows.ts'

function openWriter() {
  const written: UsageRow[] = []
  const faults: unknown[] = []
  const state = { isDown: false }
  const store = {
    async insertUsage(rows: readonly UsageRow[]) {
      if (state.isDown) throw new Error('down')
      written.push(...rows)
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

test('rows that wait have an end, and the caller is told what is lost', () => {
  const { writer } = openWriter()
  const row = usageRow()

  const taken = Array.from({ length: USAGE_ROWS_WAITING_MAX + 1 }, () => writer.add(row))

  expect([taken.at(-2), taken.at(-1)]).toEqual([true, false])
})
