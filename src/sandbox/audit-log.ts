import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../core/clock.ts'
import {
  type AuditFacts,
  type ChainHead,
  type ChainVerdict,
  chainRow,
  EMPTY_CHAIN,
  tryRow,
  verifyChain,
} from './audit-chain.ts'
import { unavailable } from './engine.ts'
import { tryOpenLibc } from './libc.ts'

/** Where runs are recorded. A run that cannot be recorded does not start. */
export interface AuditLog {
  /**
   * Appends one row, which outlives the process; of a run it outlives the machine, too. Throws `sandbox_unavailable` if
   * it cannot.
   */
  append(facts: AuditFacts): void
}

/** The longest row: an argv of 128 values of 4,096 characters, escaped, and the rest. */
const ROW_BYTES_MAX = 4 * 1024 * 1024

/**
 * A hash-chained log in one append-only file, a JSON row a line, mode 0600. Several processes may append: each does so
 * under an exclusive lock, from the last row that is in the file. A row cut short by a crash stays where it is and shows
 * in `verifyAuditFile`.
 *
 * @param toDisk waits for the disk, and with it everybody's streams: a refusal, which whoever may call at all can have
 *               as often as they like, goes there with the next run
 */
export function openAuditFile(path: string, clock: Clock, toDisk: (fd: number) => void = fsyncSync): AuditLog {
  const libc = tryOpenLibc()
  return {
    append(facts) {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
        const fd = openSync(path, flags, 0o600)
        try {
          const isAlone = libc?.lockExclusive(fd) ?? false
          const { head, isTorn, size } = readHead(fd)
          const row = JSON.stringify(chainRow(head, new Date(clock.wallMs()).toISOString(), facts))
          writeWhole(fd, `${isTorn ? '\n' : ''}${row}\n`, isAlone ? size : null)
          if (facts.event !== 'denied') toDisk(fd)
        } finally {
          closeSync(fd)
        }
      } catch (error) {
        throw unavailable('the audit log cannot be written, so nothing runs', error)
      }
    },
  }
}

/**
 * What is full takes a part of a write without an error, and gives the error for the rest.
 *
 * @param size what the file goes back to then: a part of a row would break the chain; `null` where others may write too
 */
function writeWhole(fd: number, text: string, size: number | null): void {
  const bytes = Buffer.from(text)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
  } catch (error) {
    if (size !== null) ftruncateSync(fd, size)
    throw error
  }
}

/** The last whole row, whether something unfinished follows it, and the length. Reads backwards, in growing pieces. */
function readHead(fd: number): { head: ChainHead; isTorn: boolean; size: number } {
  const { size } = fstatSync(fd)
  for (let length = 4096; ; length *= 4) {
    const piece = Buffer.alloc(Math.min(length, size))
    readSync(fd, piece, 0, piece.length, size - piece.length)
    const text = piece.toString('utf8')
    const isTorn = size > 0 && !text.endsWith('\n')
    const isWhole = piece.length === size
    const lines = text.split('\n').slice(isWhole ? 0 : 1)
    for (const line of lines.reverse()) {
      const row = tryRow(line)
      if (row !== null) return { head: { sequence: row.sequence, hash: row.hash }, isTorn, size }
    }
    if (isWhole || length > ROW_BYTES_MAX) return { head: EMPTY_CHAIN, isTorn, size }
  }
}

/** Checks a whole log; see `verifyChain`. An absent file is an empty log. */
export async function verifyAuditFile(path: string): Promise<ChainVerdict> {
  return verifyChain(readAuditLines(path))
}

/** The rows of a log as JSON text, oldest first. */
export async function* readAuditLines(path: string): AsyncGenerator<string> {
  const file = Bun.file(path)
  if (!(await file.exists())) return
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of file.stream()) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
