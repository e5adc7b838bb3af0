import { sql } from 'drizzle-orm'
import { nextTurn } from '../core/clock.ts'
import { type InflightNotes, isRefusal, type Store } from '../core/store.ts'
import type { LeftNotes } from './inflight-notes.ts'
import { applyProgram, endProgram, expiredProgram, putOffProgram } from './ledger-program.ts'
import { balancesProgram, verifyProgram } from './ledger-report.ts'
import type { Access, Dialect, Program } from './program.ts'
import { pruneProgram } from './prune-program.ts'
import {
  changeKeyProgram,
  findKeyProgram,
  insertKeyProgram,
  insertUsageProgram,
  listKeysProgram,
  pruneUsageProgram,
  sumUsageProgram,
} from './record-program.ts'
import { sumInPieces } from './sum-in-pieces.ts'

/** How one database runs a program: in a transaction where it takes one, retried while that is sensible, faults as `StoreError`. */
export interface Engine {
  readonly kind: Store['kind']
  readonly dialect: Dialect
  /** What processes have noted beside the ledger; `null` where they cannot. */
  readonly notes: (InflightNotes & LeftNotes) | null
  transact<Result>(program: () => Program<Result>, access: Access): Promise<Result>
  close(): Promise<void>
}

/** Usage rows in one transaction: under 1 % of what a statement of PostgreSQL or SQLite can take. */
const USAGE_BATCH_MAX = 500

/** Owner of the one row that the check writes, and takes out again. */
const CHECK_OWNER = 'check'

/** The whole store over an engine; every database behaves alike because only this file says what to do. */
export function storeOfPrograms(engine: Engine): Store {
  const { dialect, notes } = engine
  const write = <Result>(program: () => Program<Result>) => engine.transact(program, 'write')
  const readOne = <Result>(program: () => Program<Result>) => engine.transact(program, 'read one')
  const report = <Result>(program: () => Program<Result>) => engine.transact(program, 'report')
  const reportOne = <Result>(program: () => Program<Result>) => engine.transact(program, 'report one')
  return {
    kind: engine.kind,
    notes,
    apply: (owner, ops, wallMs, areNew = false) => write(() => applyProgram(dialect, { owner, ops, wallMs, areNew })),
    async expireLeases(wallMs) {
      let ended = 0
      const refused = new Map<string, unknown>()
      // One by one: what the ledger refuses of an owner must not keep the leases of others from ending.
      for (const owner of await write(() => expiredProgram(dialect, wallMs))) {
        try {
          if (!(await write(() => endProgram(dialect, owner, wallMs, notes)))) continue
          notes?.forget(owner)
          ended++
        } catch (cause) {
          if (!isRefusal(cause)) throw cause
          refused.set(owner, cause)
        }
      }
      if (refused.size === 0) return ended
      await write(() => putOffProgram(dialect, [...refused.keys()], wallMs))
      throw refused.values().next().value
    },
    balances: () => reportOne(balancesProgram),
    verifyLedger: () => report(verifyProgram),
    async pruneLedger(beforeWallMs) {
      let buckets = 0
      for (let after: string | null = ''; after !== null; ) {
        const from: string = after
        const piece = await write(() => pruneProgram(dialect, beforeWallMs, from))
        buckets += piece.buckets
        after = piece.after
        if (after !== null) await nextTurn()
      }
      return buckets
    },
    insertKey: (key) => write(() => insertKeyProgram(key)),
    findKeyByHash: (hash) => readOne(() => findKeyProgram(hash)),
    listKeys: () => readOne(listKeysProgram),
    changeKey: (id, change) => write(() => changeKeyProgram(dialect, id, change)),
    async insertUsage(rows) {
      for (let from = 0; from < rows.length; from += USAGE_BATCH_MAX) {
        await write(() => insertUsageProgram(dialect, rows.slice(from, from + USAGE_BATCH_MAX)))
      }
    },
    sumUsage: (wanted) => (dialect.isEmbedded ? sumInPieces(wanted, report) : reportOne(() => sumUsageProgram(wanted))),
    async pruneUsage(beforeWallMs) {
      for (let rows = 0; ; ) {
        const piece = await write(() => pruneUsageProgram(dialect, beforeWallMs))
        rows += piece.rows
        if (piece.isDone) return rows
        await nextTurn()
      }
    },
    async check() {
      await write(function* () {
        yield sql`insert into budget_owner (id, renewed_ms, expires_ms) values (${CHECK_OWNER}, 0, 0)
          on conflict (id) do nothing`
        yield sql`delete from budget_owner where id = ${CHECK_OWNER}`
      })
    },
    close: engine.close,
  }
}
