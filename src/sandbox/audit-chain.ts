import type { CommandResult } from '../core/commands.ts'
import { tryObject } from '../core/json.ts'
import { tryJson } from '../core/try-json.ts'
import type { CommandLimits } from '../policy/command-config.ts'

/** What one audit row tells. A run leaves `started` and `finished`; a refused one leaves `denied`. */
export interface AuditFacts {
  readonly event: 'denied' | 'started' | 'finished' | 'failed'
  readonly runId: string
  /** The caller's key id. */
  readonly caller: string
  readonly command: string
  readonly argv: readonly string[]
  readonly image: string | null
  readonly limits: CommandLimits | null
  /** Parameter and rule of a denial, or the error kind of a failure, or of what kept a run from its start. */
  readonly reason: string | null
  readonly ending: CommandResult['ending'] | null
  readonly exitCode: number | null
  readonly outputBytes: number | null
  readonly durationMs: number | null
}

export interface AuditRow extends AuditFacts {
  readonly sequence: number
  /** ISO 8601, UTC. */
  readonly at: string
  /** `hash` of the row before; 64 zeros for the first. */
  readonly previous: string
  /** SHA-256 of `previous`, a newline, and the row as JSON without `hash`. */
  readonly hash: string
}

/** The end of a chain: what an operator writes down elsewhere, to notice a log cut short. */
export interface ChainHead {
  readonly sequence: number
  readonly hash: string
}

export const EMPTY_CHAIN: ChainHead = { sequence: 0, hash: '0'.repeat(64) }

/** The next row of a chain. */
export function chainRow(head: ChainHead, at: string, facts: AuditFacts): AuditRow {
  const row = { sequence: head.sequence + 1, at, ...facts, previous: head.hash }
  return { ...row, hash: hashOf(head.hash, JSON.stringify(row)) }
}

export interface ChainVerdict {
  readonly rows: number
  readonly head: ChainHead
  /** 1-based line and what is wrong with it; empty when the chain holds. */
  readonly problems: readonly { readonly line: number; readonly message: string }[]
}

/** Problems told at most: after one break all that matters is where the first was. */
const PROBLEMS_MAX = 20

/** Checks a chain line by line; every line must follow from the one before it. Memory: one line. */
export async function verifyChain(lines: AsyncIterable<string>): Promise<ChainVerdict> {
  const problems: { line: number; message: string }[] = []
  let head = EMPTY_CHAIN
  let line = 0
  for await (const text of lines) {
    line++
    const row = tryRow(text)
    const message = row === null ? 'is not an audit row' : problemOf(row, head)
    if (message !== null && problems.length < PROBLEMS_MAX) problems.push({ line, message })
    if (row !== null) head = { sequence: row.sequence, hash: row.hash }
  }
  return { rows: line, head, problems }
}

interface Link {
  readonly sequence: number
  readonly previous: string
  readonly hash: string
  /** The row's JSON without `hash`, rebuilt from its text. */
  readonly body: string
}

function problemOf(row: Link, head: ChainHead): string | null {
  if (row.hash !== hashOf(row.previous, row.body)) return 'was changed: its hash does not match'
  if (row.previous !== head.hash) return 'does not follow from the row before: rows were removed, added or reordered'
  return row.sequence === head.sequence + 1 ? null : 'has the wrong sequence number'
}

/** The link in a line of the log, or `null` if it is no row. */
export function tryRow(text: string): Link | null {
  // The hash is the last member, so the rest is what was hashed, byte for byte. A path may have U+2028 in it.
  const match = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/s.exec(text)
  if (match === null) return null
  const body = `${match[1]}}`
  const { sequence, previous } = tryObject(tryJson(body)) ?? {}
  if (typeof sequence !== 'number' || typeof previous !== 'string') return null
  return { sequence, previous, hash: match[2] ?? '', body }
}

function hashOf(previous: string, body: string): string {
  return Bun.SHA256.hash(`${previous}\n${body}`, 'hex')
}
