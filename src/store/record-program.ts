import { sql } from 'drizzle-orm'
import { OPEN_SCOPES } from '../auth/principal.ts'
import { ASKED_MODEL_CHARS_MAX } from '../core/limits.ts'
import type { KeyRecord, UsageGroup, UsageQuery, UsageRow, UsageSum } from '../core/store.ts'
import { type Dialect, FORGOTTEN_AT_ONCE, int, type Program, type Row, text } from './program.ts'

export function* insertKeyProgram(key: KeyRecord): Program<void> {
  yield sql`insert into api_key (id, hash, record) values (${key.id}, ${key.hash}, ${JSON.stringify(key)})`
}

export function* findKeyProgram(hash: string): Program<KeyRecord | null> {
  const [row] = yield sql`select record from api_key where hash = ${hash}`
  return row === undefined ? null : toKey(row)
}

export function* listKeysProgram(): Program<readonly KeyRecord[]> {
  const rows = yield sql`select record from api_key order by id`
  return rows.map(toKey)
}

export function* changeKeyProgram(
  { forUpdate }: Dialect,
  id: string,
  change: (key: KeyRecord) => KeyRecord,
): Program<KeyRecord | null> {
  // No key has such an id, and PostgreSQL does not even look.
  if (id.includes('\0')) return null
  const [row] = yield sql`select record from api_key where id = ${id} ${forUpdate}`
  if (row === undefined) return null
  const key = change(toKey(row))
  yield sql`update api_key set hash = ${key.hash}, record = ${JSON.stringify(key)} where id = ${id}`
  return key
}

/** The row was written by `insertKeyProgram` of this or an older version: scopes it did not know yet are open. */
function toKey(row: Row): KeyRecord {
  const key = JSON.parse(text(row, 'record')) as KeyRecord
  return { ...key, scopes: { ...OPEN_SCOPES, ...key.scopes } }
}

export function* insertUsageProgram(dialect: Dialect, rows: readonly UsageRow[]): Program<void> {
  const dayOf = openDayNames()
  const values: (string | number)[] = []
  for (const row of rows) {
    values.push(row.requestId, row.wallMs, dayOf(row.wallMs), row.keyId, row.user, row.team)
    values.push(row.surface, row.provider, storable(row.model))
    values.push(row.inputTokens, row.cacheReadTokens, row.cacheWriteTokens, row.outputTokens)
    values.push(row.costMicroUsd, row.isEstimated ? 1 : 0)
  }
  yield* dialect.insert({
    into: `usage_row (request_id, wall_ms, day, key_id, user_id, team_id, surface, provider, model,
      input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost_micro_usd, is_estimated)`,
    values,
    types: 'titttttttiiiiii',
    onConflict: 'on conflict do nothing',
  })
}

/**
 * What a provider calls its model is whatever it sent. PostgreSQL holds no NUL and no half of a character, and one row that
 * it refuses would keep all that come after it waiting.
 */
function storable(model: string): string {
  return model.slice(0, ASKED_MODEL_CHARS_MAX).replaceAll('\0', '\ufffd').toWellFormed()
}

const DAY_MS = 86_400_000

/** `YYYY-MM-DD` in UTC; the rows of a batch are nearly always of one day, which is formatted once. */
function openDayNames(): (wallMs: number) => string {
  let index = Number.NaN
  let name = ''
  return (wallMs) => {
    const next = Math.floor(wallMs / DAY_MS)
    if (next !== index) {
      index = next
      name = new Date(wallMs).toISOString().slice(0, 10)
    }
    return name
  }
}

const GROUP_COLUMN = {
  key: sql`key_id`,
  user: sql`user_id`,
  team: sql`team_id`,
  model: sql`model`,
  provider: sql`provider`,
  day: sql`day`,
} as const satisfies Record<UsageGroup, ReturnType<typeof sql>>

/** Groups in one summary; the rest is left out, largest cost first. */
export const GROUPS_MAX = 10_000

export function* sumUsageProgram(query: UsageQuery): Program<readonly UsageSum[]> {
  const columns = query.groupBy.map((group, i) => sql`${GROUP_COLUMN[group]} as ${sql.raw(`g${i}`)}`)
  const names = query.groupBy.map((_, i) => sql.raw(`g${i}`))
  const groups = columns.length === 0 ? sql`` : sql`${sql.join(columns, sql`, `)},`
  const groupBy = names.length === 0 ? sql`` : sql`group by ${sql.join(names, sql`, `)}`
  const rows = yield sql`
    select ${groups} count(*) as requests, sum(input_tokens) as input_tokens,
      count(*) filter (where cost_micro_usd = 0
        and input_tokens + cache_read_tokens + cache_write_tokens + output_tokens > 0) as costless_requests,
      sum(cache_read_tokens) as cache_read_tokens, sum(cache_write_tokens) as cache_write_tokens,
      sum(output_tokens) as output_tokens, sum(cost_micro_usd) as cost_micro_usd
    from usage_row where wall_ms >= ${query.fromWallMs} and wall_ms < ${query.toWallMs}
    ${groupBy} order by sum(cost_micro_usd) desc limit ${GROUPS_MAX}`
  return rows.map((row) => ({
    group: query.groupBy.map((_, i) => text(row, `g${i}`)),
    requests: int(row, 'requests'),
    costlessRequests: int(row, 'costless_requests'),
    inputTokens: int(row, 'input_tokens'),
    cacheReadTokens: int(row, 'cache_read_tokens'),
    cacheWriteTokens: int(row, 'cache_write_tokens'),
    outputTokens: int(row, 'output_tokens'),
    costMicroUsd: int(row, 'cost_micro_usd'),
  }))
}

/** Forgets the oldest of the rows that are older than that, or all. @returns how many, and whether there may be more */
export function* pruneUsageProgram(
  { isEmbedded }: Pick<Dialect, 'isEmbedded'>,
  beforeWallMs: number,
): Program<{ rows: number; isDone: boolean }> {
  if (!isEmbedded) {
    // Counted there: a row here for each of millions would keep every request waiting.
    const [gone] = yield sql`
      with gone as (delete from usage_row where wall_ms < ${beforeWallMs} returning 1)
      select count(*) as rows from gone`
    return { rows: int(gone, 'rows'), isDone: true }
  }
  const gone = yield sql`
    delete from usage_row where (wall_ms, request_id) in (
      select wall_ms, request_id from usage_row where wall_ms < ${beforeWallMs}
      order by wall_ms, request_id limit ${FORGOTTEN_AT_ONCE}) returning 1 as gone`
  return { rows: gone.length, isDone: gone.length < FORGOTTEN_AT_ONCE }
}
