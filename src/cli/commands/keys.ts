import { type KeyAdmin, openKeyAdmin } from '../../auth/key-admin.ts'
import { isValid } from '../../auth/key-ring.ts'
import { systemClock } from '../../core/clock.ts'
import { secureBytes } from '../../core/random.ts'
import type { KeyRecord } from '../../core/store.ts'
import { sha256 } from '../../store/sha256.ts'
import { formatRows, type OutputFormat } from './table.ts'
import { type StoreCommandOptions, withStore } from './with-store.ts'

export type KeysAction =
  /** `fields` as `newKeySchema` has them. */
  | { readonly kind: 'create'; readonly fields: Readonly<Record<string, unknown>>; readonly isJson?: boolean }
  | { readonly kind: 'list'; readonly format: OutputFormat }
  | { readonly kind: 'show' | 'rotate' | 'revoke'; readonly id: string; readonly isJson?: boolean }

/** `lynkr keys create|list|show|rotate|revoke`. A secret goes to stdout alone, so that it can be piped; once. */
export function keys(options: StoreCommandOptions & { readonly action: KeysAction }): Promise<number> {
  return withStore(options, async (store) => {
    const admin = openKeyAdmin({ store, sha256, secureBytes, wallMs: systemClock.wallMs })
    await run(admin, options)
    return 0
  })
}

async function run(admin: KeyAdmin, options: StoreCommandOptions & { readonly action: KeysAction }): Promise<void> {
  const { action, print, printError } = options
  switch (action.kind) {
    case 'create': {
      const isFirst = (await admin.list()).length === 0
      const { secret, record } = await admin.create(action.fields)
      if (action.isJson === true) return print(JSON.stringify({ ...shownKey(record), secret }, null, 2))
      printError(`${record.id} (${record.name}) is made; its secret is shown this once:`)
      print(secret)
      if (isFirst) printError('It is the first: from now on clients must show a key, such as in ANTHROPIC_AUTH_TOKEN.')
      return
    }
    case 'rotate': {
      const { secret, record } = await admin.rotate(action.id)
      if (action.isJson === true) return print(JSON.stringify({ ...shownKey(record), secret }, null, 2))
      printError(`${record.id} (${record.name}) has a new secret, shown this once; the old one no longer works:`)
      return print(secret)
    }
    case 'revoke': {
      const record = await admin.revoke(action.id)
      return print(
        action.isJson === true ? JSON.stringify(shownKey(record), null, 2) : `${record.id} (${record.name}) is revoked`,
      )
    }
    case 'show':
      return print(JSON.stringify(shownKey(await admin.show(action.id)), null, 2))
    case 'list': {
      const rows = (await admin.list()).map(listRow)
      if (rows.length === 0 && action.format === 'table') printError('no key yet; `lynkr keys create NAME` makes one')
      return print(formatRows(action.format, HEADS, rows))
    }
  }
}

const HEADS = ['id', 'name', 'starts with', 'user', 'team', 'state', 'created']

function listRow(key: KeyRecord): readonly string[] {
  const state = key.revokedWallMs !== null ? 'revoked' : isValid(key, systemClock.wallMs()) ? 'valid' : 'expired'
  return [key.id, key.name, key.prefix, key.user ?? '', key.team ?? '', state, iso(key.createdWallMs)]
}

/** Everything but the hash, times for people. */
export function shownKey({ hash: _, createdWallMs, expiresWallMs, revokedWallMs, ...key }: KeyRecord) {
  return {
    ...key,
    created: iso(createdWallMs),
    expires: expiresWallMs === null ? null : iso(expiresWallMs),
    revoked: revokedWallMs === null ? null : iso(revokedWallMs),
  }
}

function iso(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 19).concat('Z')
}
