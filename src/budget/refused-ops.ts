import type { LedgerOp } from '../core/store.ts'

/** The first pause before an operation that the store refused is sent again; each further one is twice as long. */
export const REFUSED_PAUSE_MS = 10_000
const REFUSED_PAUSE_MS_MAX = 3_600_000

interface Sent {
  readonly op: LedgerOp
}

/** Operations of one hold, in order: the first was refused, and the others must not come to the ledger before it. */
interface Line<Entry> {
  readonly entries: Entry[]
  pauseMs: number
  dueNowMs: number
}

/**
 * Operations that the store refuses whatever goes with them, behind all others. Nobody may ever find out why: they stay,
 * are counted, and are sent again by themselves, ever more seldom. What comes later of the same hold waits with them.
 */
export interface RefusedOps<Entry extends Sent> {
  add(entry: Entry, nowMs: number): void
  /** Puts the operation behind one of the same hold. @returns false if there is none */
  tryFollow(entry: Entry): boolean
  /** An operation that is to be sent again by now. It stays until it is removed. */
  firstDue(nowMs: number): Entry | null
  /** The store has it. */
  remove(entry: Entry): void
  /** The store refused it again. */
  putOff(entry: Entry, nowMs: number): void
  entries(): readonly Entry[]
  size(): number
}

export function openRefusedOps<Entry extends Sent>(): RefusedOps<Entry> {
  const lines = new Map<string | Entry, Line<Entry>>()
  let size = 0
  return {
    add(entry, nowMs) {
      lines.set(lineOf(entry), { entries: [entry], pauseMs: REFUSED_PAUSE_MS, dueNowMs: nowMs + REFUSED_PAUSE_MS })
      size++
    },
    tryFollow(entry) {
      const line = lines.size === 0 ? undefined : lines.get(lineOf(entry))
      if (line === undefined) return false
      line.entries.push(entry)
      size++
      return true
    },
    firstDue(nowMs) {
      for (const { dueNowMs, entries } of lines.values()) if (dueNowMs <= nowMs) return entries[0] ?? null
      return null
    },
    remove(entry) {
      const line = lines.get(lineOf(entry))
      if (line === undefined) return
      line.entries.shift()
      size--
      if (line.entries.length === 0) lines.delete(lineOf(entry))
    },
    putOff(entry, nowMs) {
      const line = lines.get(lineOf(entry))
      if (line === undefined) return
      line.pauseMs = Math.min(REFUSED_PAUSE_MS_MAX, line.pauseMs * 2)
      line.dueNowMs = nowMs + line.pauseMs
    },
    entries: () => [...lines.values()].flatMap(({ entries }) => entries),
    size: () => size,
  }
}

/** Nothing depends on free slice that goes back. */
function lineOf<Entry extends Sent>(entry: Entry): string | Entry {
  return entry.op.kind === 'trim' ? entry : entry.op.holdId
}
