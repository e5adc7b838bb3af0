import { sql } from 'drizzle-orm'
import { nextTurn } from '../core/clock.ts'
import type { UsageQuery, UsageSum } from '../core/store.ts'
import { int, type Program } from './program.ts'
import { GROUPS_MAX, sumUsageProgram } from './record-program.ts'

/** Rows that an embedded database adds up at once: some milliseconds of this thread. */
const SUMMED_AT_ONCE = 2_000

/** The sums of one piece, and where the next begins; `null` at the end. */
interface Piece {
  readonly sums: readonly UsageSum[]
  readonly nextWallMs: number | null
}

/**
 * Sums as one statement would give them, of pieces with a turn for others between: in an embedded database a report over
 * half a million rows would keep every stream waiting for most of a second. Rows that come or go meanwhile may count.
 *
 * @param run reads in one transaction
 */
export async function sumInPieces(
  query: UsageQuery,
  run: <Result>(program: () => Program<Result>) => Promise<Result>,
): Promise<readonly UsageSum[]> {
  const groups = new Map<string, UsageSum>()
  for (let from: number | null = query.fromWallMs; from !== null; ) {
    const fromWallMs: number = from
    const piece = await run(() => pieceProgram({ ...query, fromWallMs }))
    for (const sum of piece.sums) {
      const name = JSON.stringify(sum.group)
      groups.set(name, added(groups.get(name), sum))
    }
    from = piece.nextWallMs
    if (from !== null) await nextTurn()
  }
  return [...groups.values()].sort((a, b) => b.costMicroUsd - a.costMicroUsd).slice(0, GROUPS_MAX)
}

function* pieceProgram(query: UsageQuery): Program<Piece> {
  const { fromWallMs, toWallMs } = query
  const [edge] = yield sql`
    select wall_ms from usage_row where wall_ms >= ${fromWallMs} and wall_ms < ${toWallMs}
    order by wall_ms limit 1 offset ${SUMMED_AT_ONCE}`
  // A piece ends between two milliseconds, however many rows one of them has.
  const nextWallMs = edge === undefined ? null : Math.max(int(edge, 'wall_ms'), fromWallMs + 1)
  return { sums: yield* sumUsageProgram({ ...query, toWallMs: nextWallMs ?? toWallMs }), nextWallMs }
}

function added(sum: UsageSum | undefined, more: UsageSum): UsageSum {
  if (sum === undefined) return more
  return {
    group: sum.group,
    requests: sum.requests + more.requests,
    costlessRequests: sum.costlessRequests + more.costlessRequests,
    inputTokens: sum.inputTokens + more.inputTokens,
    cacheReadTokens: sum.cacheReadTokens + more.cacheReadTokens,
    cacheWriteTokens: sum.cacheWriteTokens + more.cacheWriteTokens,
    outputTokens: sum.outputTokens + more.outputTokens,
    costMicroUsd: sum.costMicroUsd + more.costMicroUsd,
  }
}
