import { Database } from 'bun:sqlite'
import { SQL } from 'bun'

/** What the journal charged one request for, in each of its buckets; read by plain SQL, past all code of lynkr. */
export interface HoldSum {
  readonly charges: readonly number[]
}

const CHARGES = `select hold_id, bucket,
  sum(case when to_side = 'spent' then amount when from_side = 'spent' then -amount else 0 end) as charged
  from journal group by hold_id, bucket`

interface ChargeRow {
  readonly hold_id: string
  readonly charged: number | string
}

export async function readHolds(place: {
  readonly databaseUrl: string | null
  readonly sqlitePath: string
}): Promise<ReadonlyMap<string, HoldSum>> {
  const rows = place.databaseUrl === null ? readSqlite(place.sqlitePath) : await readPostgres(place.databaseUrl)
  const holds = new Map<string, { charges: number[] }>()
  for (const { hold_id, charged } of rows) {
    const hold = holds.get(hold_id) ?? { charges: [] }
    hold.charges.push(Number(charged))
    holds.set(hold_id, hold)
  }
  return holds
}

function readSqlite(path: string): readonly ChargeRow[] {
  const database = new Database(path, { readonly: true })
  try {
    return database.query<ChargeRow, []>(CHARGES).all()
  } finally {
    database.close()
  }
}

async function readPostgres(url: string): Promise<readonly ChargeRow[]> {
  const client = new SQL({ url, max: 1 })
  try {
    return await client.unsafe(CHARGES)
  } finally {
    await client.close()
  }
}
