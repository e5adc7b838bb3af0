import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { HoldOp, InflightNotes } from '../core/store.ts'

/** Notes in one file. They are erased within a batch of the ledger, so that as many stand for 10,000 requests a second, two each. */
const SLOTS = 1_024

/** Of one note: two bytes of length, which are written last and are 0 where there is none, and a JSON text. */
const SLOT_BYTES = 512
const TEXT_AT = 2
const TEXT_BYTES_MAX = SLOT_BYTES - TEXT_AT

/** Notes of dead processes, for whoever ends their leases. */
export interface LeftNotes {
  /** What an owner has noted, in an order in which it can be applied; the ledger may know some of it. */
  read(owner: string): readonly HoldOp[]
  forget(owner: string): void
}

/**
 * Notes in a file beside the database, mapped into memory: what is written there outlives the process that wrote it,
 * however that ends, and costs no system call. As the database's own `-shm` it need not outlive the machine.
 *
 * @param path the database's
 */
export function openInflightNotes(path: string): InflightNotes & LeftNotes & { close(): void } {
  let file: NotesFile | null = null
  /** Whose lease began and has noted nothing yet: without budgets there is never a file. */
  let due: string | null = null

  return {
    renew(owner) {
      file = null
      rmSync(fileOf(path, owner), { force: true })
      due = owner
    },
    tryNote(op) {
      if (due !== null) file = tryCreate(path, due)
      due = null
      const at = file?.free.pop()
      if (file === null || at === undefined) return null
      const { bytes, free } = file
      const text = JSON.stringify(op)
      const length = Buffer.byteLength(text)
      if (length > TEXT_BYTES_MAX) {
        free.push(at)
        return null
      }
      bytes.write(text, at + TEXT_AT)
      bytes.writeUInt16LE(length, at)
      return () => {
        bytes.writeUInt16LE(0, at)
        free.push(at)
      }
    },
    read: (owner) => notesIn(tryRead(fileOf(path, owner))),
    forget: (owner) => rmSync(fileOf(path, owner), { force: true }),
    close() {
      // What is still noted is for whoever ends the lease.
      if (file !== null && file.free.length === SLOTS) rmSync(fileOf(path, file.owner), { force: true })
      file = null
    },
  }
}

interface NotesFile {
  readonly bytes: Buffer
  readonly free: number[]
  readonly owner: string
}

/** A disk that has no room for notes has none for the ledger, which tells of it: nothing is noted then. */
function tryCreate(path: string, owner: string): NotesFile | null {
  const name = fileOf(path, owner)
  try {
    // Written out: a page that has no place on a full disk yet would end the process that touches it.
    writeFileSync(name, new Uint8Array(SLOTS * SLOT_BYTES), { mode: 0o600 })
    const mapped = Bun.mmap(name)
    const bytes = Buffer.from(mapped.buffer, mapped.byteOffset, mapped.byteLength)
    return { bytes, free: Array.from({ length: SLOTS }, (_, i) => i * SLOT_BYTES), owner }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return null
    throw cause
  }
}

function fileOf(path: string, owner: string): string {
  return `${path}-inflight-${owner}`
}

function tryRead(name: string): Buffer {
  try {
    return readFileSync(name)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Buffer.alloc(0)
    throw cause
  }
}

function notesIn(bytes: Buffer): readonly HoldOp[] {
  const ops: HoldOp[] = []
  for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
    const length = bytes.readUInt16LE(at)
    if (length === 0) continue
    // Written by `tryNote`; one that was cut short has no length.
    const op = JSON.parse(bytes.toString('utf8', at + TEXT_AT, at + TEXT_AT + length)) as HoldOp
    if (op.kind === 'reserve') ops.unshift(op)
    else ops.push(op)
  }
  return ops
}
