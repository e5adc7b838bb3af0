import type { Clock, TurnScheduler } from '../core/clock.ts'
import type { ProxyError } from '../core/errors.ts'
import { LEASE_TTL_MS } from '../core/limits.ts'
import type { LedgerStore } from '../core/store.ts'
import { type Amounts, CLAMPED_TOKENS_MIN, clampOutput, type Estimate, estimatedAmounts } from './estimate.ts'
import { FIRST_SERIAL, type Hold, NotedHold, openHold, reserveOp, uncounted } from './hold.ts'
import { OUTBOX_OPS_MAX, type Outbox, openOutbox } from './outbox.ts'
import { openPlans } from './plan.ts'
import { limitReached, limitUnavailable } from './refusal.ts'
import { beginReturn, type HoldLine, hasRoom, openLine, openReturn } from './returns.ts'
import type { BudgetRule, Subject } from './rule.ts'
import { sendReserve } from './send-reserve.ts'
import { ask, ledgerLine, type Slice, take, untake, voidSlice } from './slice.ts'
import { openSliceBooks } from './slice-books.ts'
import { openSoftLimits } from './soft-limits.ts'

/** A slice is not spent in the last moments of its lease, however the clocks differ. */
const LEASE_MARGIN_MS = 5_000

/** A late grant may arrive while slices go back; each round returns what came meanwhile. */
const DRAIN_ROUNDS_MAX = 8

export interface GateOptions {
  readonly rules: readonly BudgetRule[]
  readonly store: LedgerStore
  readonly owner: string
  readonly clock: Clock
  readonly scheduler: TurnScheduler
  /** Whether requests pass unbudgeted when neither store nor slice can vouch for them. Default `refuse`. */
  readonly onStoreDown: 'refuse' | 'allow'
  /** Once per bucket: it has reached its soft limit. */
  readonly onSoftLimit: (slice: Slice, used: number) => void
  readonly onStoreFault: (cause: unknown) => void
}

export interface BudgetGate {
  /** Whether some rule applies: only then is a price needed. */
  applies(subject: Subject): boolean
  /** Whether one of them counts dollars. */
  countsDollars(subject: Subject): boolean
  /** Whether it matters which other model would answer, and how long. */
  countsSpending(subject: Subject): boolean
  /**
   * Sets the worst case aside over all accounts, or rejects with `budget_exhausted`. At once and in memory if slices
   * cover it, and noted beside the ledger, so that even a killed process leaves a record of what it sent. Where nothing
   * can be noted the ledger's confirmation is awaited for 50 ms, behind others a second. What no slice covers waits in
   * line for a store at work, 10 s at most, and 50 ms for one that is down.
   */
  reserve(subject: Subject, estimate: Estimate): Hold | Promise<Hold>
  /** Charges what the request cost. As `release`, a second call does nothing. */
  settle(hold: Hold, amounts: Amounts): void
  /** Nothing was sent, nothing is charged. */
  release(hold: Hold): void
  /** Renews the lease, returns idle slices, ends the leases of dead processes. Call every 5 s, well within `LEASE_TTL_MS`. @returns false if the store is down */
  maintain(): Promise<boolean>
  /** Returns every slice and writes all that is left, for a shutdown. @returns false if rows remain unwritten */
  drain(): Promise<boolean>
  replaceRules(rules: readonly BudgetRule[]): void
  unwrittenOps(): number
  /** Whether the store took what was last written to it. */
  isStoreUp(): boolean
}

export function openBudgetGate(options: GateOptions): BudgetGate {
  const { clock } = options
  const outbox: Outbox = openOutbox({
    store: options.store,
    owner: options.owner,
    clock,
    scheduler: options.scheduler,
    onVoid() {
      plans.slices().forEach(voidSlice)
      renewNotes()
    },
    onFault: options.onStoreFault,
  })
  const books = openSliceBooks(outbox, openSoftLimits(options.onSoftLimit))
  const plans = openPlans(options.rules, books.giveBackAll)
  const release = (hold: Hold): void => close(hold, 'release', null)
  const line = { outbox, clock, scheduler: options.scheduler, onReserved: books.onReserved, release }
  let serial = FIRST_SERIAL

  /** Without them every reservation waits for the ledger. */
  function renewNotes(): void {
    try {
      options.store.notes?.renew(options.owner)
    } catch (cause) {
      options.onStoreFault(cause)
    }
  }

  function reserve(subject: Subject, estimate: Estimate): Hold | Promise<Hold> {
    const slices = plans.slicesFor(subject, clock.wallMs())
    if (slices.length === 0) return uncounted(estimate.outputTokens)
    return tryCovered(slices, estimate) ?? reserveOrClamp(slices, estimate)
  }

  /** What most requests are: covered by slices, and noted. */
  function tryCovered(slices: readonly Slice[], estimate: Estimate): Hold | null {
    if (options.store.notes === null || outbox.size() >= OUTBOX_OPS_MAX || !isLeaseSure()) return null
    const lines = linesOf(slices, estimate)
    for (const { slice } of lines) if (slice.account.rule.cap === 0) return null
    if (!take(lines)) return null
    const hold = openHold(nextId(), estimate.outputTokens, lines)
    if (tryNoted(hold)) return hold
    untake(lines)
    return null
  }

  async function reserveOrClamp(slices: readonly Slice[], estimate: Estimate): Promise<Hold> {
    const first = await tryReserve(slices, estimate)
    if (!('refused' in first)) return first
    const outputTokens = clampOutput(slices, first.refused, estimate)
    if (outputTokens < CLAMPED_TOKENS_MIN || outputTokens >= estimate.outputTokens) throw first.error
    const second = await tryReserve(slices, { ...estimate, outputTokens })
    if ('refused' in second) throw second.error
    return second
  }

  async function tryReserve(slices: readonly Slice[], estimate: Estimate): Promise<Hold | Refused> {
    const lines = linesOf(slices, estimate)
    const blocked = slices.find((slice) => slice.account.rule.cap === 0)
    if (blocked !== undefined) throw limitReached(blocked, 1, clock.wallMs())
    if (outbox.size() >= OUTBOX_OPS_MAX) return withoutStore(estimate)
    const hold = openHold(nextId(), estimate.outputTokens, lines)
    const isAdvanced = isLeaseSure() && take(lines)
    if (isAdvanced && tryNoted(hold)) return hold
    if (!isAdvanced) ask(lines)
    const result = await sendReserve(line, hold, isAdvanced)
    if (result === 'late') return isAdvanced ? hold : withoutStore(estimate)
    if (result.kind === 'done') return hold
    const at = lines.findIndex((line, i) => line.amount > (result.lines[i]?.available ?? 0))
    const short = lines[at] ?? lines[0]
    if (short === undefined) throw limitUnavailable(null)
    const available = result.lines.map((line) => line.available)
    return { refused: available, error: limitReached(short.slice, short.amount, clock.wallMs()) }
  }

  function nextId(): string {
    return `${options.owner}.${(serial++).toString(36)}`
  }

  /** Covered by slices, and noted for the case that this process is killed: the ledger hears of it in its own time. */
  function tryNoted(hold: Hold): boolean {
    for (const { slice } of hold.lines) if (slice.asking > 0) return false
    const op = reserveOp(hold, true)
    const note = options.store.notes?.tryNote(op) ?? null
    if (note === null) return false
    hold.noted = new NotedHold(hold, op, note, books)
    outbox.pushLater(hold.noted)
    return true
  }

  function withoutStore(estimate: Estimate): Hold {
    if (options.onStoreDown === 'refuse') throw limitUnavailable(null)
    return uncounted(estimate.outputTokens)
  }

  /** By both clocks: others end the lease by the wall's, which may jump ahead of the time that has passed here. */
  function isLeaseSure(): boolean {
    const sureMs = LEASE_TTL_MS - LEASE_MARGIN_MS
    return clock.nowMs() - outbox.renewedNowMs() < sureMs && clock.wallMs() - outbox.renewedWallMs() < sureMs
  }

  /**
   * Unused money stays in the slice while the slice is not full; in doubt it goes back to everybody. It is spent again
   * once the ledger knows of it: were this process killed before, and nothing noted, the whole hold would be charged.
   */
  function close(hold: Hold, kind: 'settle' | 'release', amounts: Amounts | null): void {
    if (hold.isClosed) return
    hold.isClosed = true
    hold.keepsRest = isLeaseSure()
    for (const line of hold.lines) {
      openReturn(line, amounts)
      if (!hasRoom(line)) hold.keepsRest = false
    }
    for (const line of hold.lines) beginReturn(line, hold.keepsRest)
    if (kind === 'settle' && hold.noted?.tryCharge()) return
    const lines = hold.lines.map(({ slice, actual }) => ledgerLine(slice, actual))
    const op = { kind, holdId: hold.id, lines, keepsRest: hold.keepsRest } as const
    const note = options.store.notes?.tryNote(op)
    outbox.pushLater({
      op,
      wasSent: false,
      onResult(result) {
        note?.erase()
        books.onClosed(hold, result)
      },
    })
  }

  return {
    applies: plans.applies,
    countsDollars: plans.countsDollars,
    countsSpending: plans.countsSpending,
    reserve,
    settle: (hold, amounts) => close(hold, 'settle', amounts),
    release,
    async maintain() {
      books.giveBack(plans.collectSurplus(clock.wallMs()))
      if (!(await outbox.flush())) return false
      await options.store.expireLeases(clock.wallMs()).catch(options.onStoreFault)
      return true
    },
    async drain() {
      for (let round = 0; round < DRAIN_ROUNDS_MAX; round++) {
        books.giveBackAll(plans.slices())
        if (!(await outbox.flush())) return false
        if (outbox.size() === 0 && plans.slices().every((slice) => slice.free <= 0)) return true
      }
      return false
    },
    replaceRules: plans.replaceRules,
    unwrittenOps: outbox.size,
    isStoreUp: outbox.isUp,
  }
}

interface Refused {
  /** Per slice: what its bucket could have given. */
  readonly refused: readonly number[]
  readonly error: ProxyError
}

function linesOf(slices: readonly Slice[], estimate: Estimate): readonly HoldLine[] {
  const amounts = estimatedAmounts(estimate)
  const lines: HoldLine[] = []
  for (const slice of slices) lines.push(openLine(slice, amounts))
  return lines
}
