import { applyOp, expireOwner } from '../../src/budget/ledger.ts'
import { emptyDraft, type LedgerDraft } from '../../src/budget/ledger-draft.ts'
import { ledgerDifferences } from '../../src/budget/ledger-verify.ts'
import { LEASE_TTL_MS } from '../../src/core/limits.ts'
import { type HoldOp, type InflightNotes, type LedgerStore, StoreError } from '../../src/core/store.ts'

/** The ledger's rules over maps: what an adapter is compared with, and what the gate is tested on. */
export function openMemoryLedger() {
  const shared = emptyDraft()
  const owners = new Map<string, { expiresMs: number; slices: Map<string, number> }>()
  const noted = new Map<string, Set<HoldOp>>()
  const falselyNew = new Set<string>()
  let isDown = false

  const draftOf = (owner: string): LedgerDraft => ({
    ...shared,
    opened: new Map(),
    slices: owners.get(owner)?.slices ?? new Map(),
  })

  const isKnown = (holdId: string): boolean => shared.holds.has(holdId) || shared.written.has(holdId)

  const store: LedgerStore = {
    notes: null,
    async apply(owner, ops, wallMs, areNew = false) {
      if (isDown) throw new StoreError('unreachable', 'switched off')
      const wasVoid = !owners.has(owner)
      for (const op of ops) {
        if (op.kind !== 'reserve' && op.kind !== 'charge') continue
        if (areNew && !wasVoid && isKnown(op.holdId)) falselyNew.add(op.holdId)
      }
      owners.set(owner, { expiresMs: wallMs + LEASE_TTL_MS, slices: owners.get(owner)?.slices ?? new Map() })
      const draft = draftOf(owner)
      return { wasVoid, results: ops.map((op) => applyOp(draft, op, { wallMs, owners: owners.size })) }
    },
    async expireLeases(wallMs) {
      let ended = 0
      for (const [owner, { expiresMs }] of owners) {
        if (expiresMs > wallMs) continue
        for (const op of noted.get(owner) ?? []) applyOp(draftOf(owner), op, { wallMs, owners: 1 })
        noted.delete(owner)
        const holds = [...shared.holds.keys()].filter((id) => id.startsWith(`${owner}.`))
        expireOwner(draftOf(owner), holds, wallMs)
        owners.delete(owner)
        ended++
      }
      return ended
    },
    balances: async () => [...shared.balances.values()].map((balance) => ({ ...balance })),
    async verifyLedger() {
      const sums = [...shared.balances.values()].map(({ account, windowIndex }) => {
        const mine = shared.journal.filter((e) => e.account === account && e.windowIndex === windowIndex)
        const net = (side: string) =>
          mine.reduce((sum, e) => sum + (e.to === side ? e.amount : 0) - (e.from === side ? e.amount : 0), 0)
        const key = `${account}#${windowIndex}`
        const open = [...shared.holds.values()].flat().filter(({ bucket }) => bucket === key)
        const openHolds = open.reduce((sum, { amount }) => sum + amount, 0)
        const slices = [...owners.values()].reduce((sum, owner) => sum + (owner.slices.get(key) ?? 0), 0)
        return { account, windowIndex, journalHeld: net('held'), journalSpent: net('spent'), openHolds, slices }
      })
      return ledgerDifferences([...shared.balances.values()], sums)
    },
    pruneLedger: async () => 0,
  }
  /** The same ledger, as a process sees it that can leave notes beside it. */
  function storeWithNotes(): LedgerStore {
    let mine = new Set<HoldOp>()
    const notes: InflightNotes = {
      renew(owner) {
        mine = new Set()
        noted.set(owner, mine)
      },
      tryNote(op) {
        const slip = mine.add(op)
        let last = op
        return {
          tryCharge(charged, keepsRest) {
            slip.delete(last)
            last = { kind: 'charge', holdId: op.holdId, lines: op.lines, charged, keepsRest }
            slip.add(last)
            return true
          },
          erase: () => slip.delete(last),
        }
      },
    }
    return { ...store, notes }
  }

  return {
    store,
    storeWithNotes,
    journal: shared.journal,
    /** Holds that were called new although the ledger had them. */
    falselyNew,
    switchOff: () => {
      isDown = true
    },
    switchOn: () => {
      isDown = false
    },
  }
}
