import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { HoldOp, InflightNote, InflightNotes } from '../core/store.ts'
import { isSystemError } from '../core/system-error.ts'

/** Notes in one file. They are erased within a batch of the ledger, so that as many stand for 10,000 requests a second, two each. */
const SLOTS = 1_024

/**
 * Of one note: two bytes of length, which are written last and are 0 where there is none, and a JSON text. A
 * reservation that has become a charge has another text behind its own, with what there is to add, and the length of
 * that at the very end.
 */
const SLOT_BYTES = 512
const TEXT_AT = 2
const CHARGE_LENGTH_AT = SLOT_BYTES - 2
const TEXT_BYTES_MAX = CHARGE_LENGTH_AT - TEXT_AT
const CHARACTER_BYTES_MAX = 4

/** A try to make a file on a full disk costs half a megabyte of writing: one in so many notes pays for it. */
const SKIPPED = 1_000

/** Notes of dead processes, for whoever ends their leases. */
export interface LeftNotes {
  /** Who has left any, the living among them. */
  owners(): readonly string[]
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
  /** Notes that are not taken before the file that could not be made is tried again. */
  let skipping = 0

  function createDue(owner: string): void {
    if (skipping-- > 0) return
    file = tryCreate(path, owner)
    if (file === null) skipping = SKIPPED
    else due = null
  }

  return {
    renew(owner) {
      file = null
      rmSync(fileOf(path, owner), { force: true })
      due = owner
      skipping = 0
    },
    tryNote(op) {
      if (due !== null) createDue(due)
      const slot = file?.free.pop()
      if (slot === undefined) return null
      if (slot.tryWrite(JSON.stringify(op))) return slot
      slot.erase()
      return null
    },
    owners() {
      const start = fileOf(basename(path), '')
      const names = readdirSync(dirname(path)).filter((name) => name.startsWith(start))
      return names.map((name) => name.slice(start.length))
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
  /** The same memory: a length is written at once, and never half of it. */
  readonly lengths: Uint16Array
  readonly free: Slot[]
  readonly owner: string
}

/** Room for one note. They are made once, with their file, and go back to it. */
class Slot implements InflightNote {
  readonly #file: NotesFile
  readonly #at: number

  constructor(file: NotesFile, at: number) {
    this.#file = file
    this.#at = at
  }

  /** @returns false if the text is too long */
  tryWrite(text: string): boolean {
    const { bytes, lengths } = this.#file
    const length = bytes.write(text, this.#at + TEXT_AT, TEXT_BYTES_MAX)
    // No more than a part of one character stays free behind what was cut off.
    if (length > TEXT_BYTES_MAX - CHARACTER_BYTES_MAX && length < Buffer.byteLength(text)) return false
    lengths[this.#at / 2] = length
    return true
  }

  tryCharge(charged: readonly number[], keepsRest: boolean): boolean {
    const { bytes, lengths } = this.#file
    const text = JSON.stringify({ charged, keepsRest })
    const length = lengths[this.#at / 2] ?? 0
    if (length + text.length > TEXT_BYTES_MAX) return false
    bytes.write(text, this.#at + TEXT_AT + length)
    lengths[(this.#at + CHARGE_LENGTH_AT) / 2] = text.length
    return true
  }

  /** The length of the charge last: alone it means nothing. */
  erase(): void {
    const { lengths, free } = this.#file
    lengths[this.#at / 2] = 0
    lengths[(this.#at + CHARGE_LENGTH_AT) / 2] = 0
    free.push(this)
  }
}

/** A disk that has no room for notes has none for the ledger, which tells of it: nothing is noted then. */
function tryCreate(path: string, owner: string): NotesFile | null {
  const name = fileOf(path, owner)
  try {
    // Written out: a page that has no place on a full disk yet would end the process that touches it.
    writeFileSync(name, new Uint8Array(SLOTS * SLOT_BYTES), { mode: 0o600 })
    const mapped = Bun.mmap(name)
    const bytes = Buffer.from(mapped.buffer, mapped.byteOffset, mapped.byteLength)
    const lengths = new Uint16Array(mapped.buffer, mapped.byteOffset, mapped.byteLength / 2)
    const file: NotesFile = { bytes, lengths, free: [], owner }
    for (let i = 0; i < SLOTS; i++) file.free.push(new Slot(file, i * SLOT_BYTES))
    return file
  } catch (cause) {
    // What there was room for is of no use, and room is short.
    rmSync(name, { force: true })
    if (isSystemError(cause)) return null
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
    if (isSystemError(cause) && cause.code === 'ENOENT') return Buffer.alloc(0)
    throw cause
  }
}

function notesIn(bytes: Buffer): readonly HoldOp[] {
  const ops: HoldOp[] = []
  for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
    const op = tryNoteIn(bytes.subarray(at, at + SLOT_BYTES))
    if (op?.kind === 'reserve') ops.unshift(op)
    else if (op !== null) ops.push(op)
  }
  return ops
}

/**
 * A note that cannot be read is none: a machine that lost power may leave such, as may a process that still writes, which
 * will bring what it noted by itself. It must not keep other leases from their end.
 */
function tryNoteIn(slot: Buffer): HoldOp | null {
  try {
    return noteIn(slot)
  } catch (cause) {
    if (cause instanceof SyntaxError) return null
    throw cause
  }
}

/** What was cut short has no length. */
function noteIn(slot: Buffer): HoldOp | null {
  const end = TEXT_AT + slot.readUInt16LE(0)
  if (end === TEXT_AT) return null
  // Written by `tryNote`.
  const op = JSON.parse(slot.toString('utf8', TEXT_AT, end)) as HoldOp
  const chargeEnd = end + slot.readUInt16LE(CHARGE_LENGTH_AT)
  if (chargeEnd === end || chargeEnd > CHARGE_LENGTH_AT) return op
  // Written by `tryCharge`.
  const charge = JSON.parse(slot.toString('utf8', end, chargeEnd)) as { charged: number[]; keepsRest: boolean }
  return { kind: 'charge', holdId: op.holdId, lines: op.lines, ...charge }
}
