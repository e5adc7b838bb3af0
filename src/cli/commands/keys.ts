import { type KeyAdmin, openKeyAdmin } from '../../auth/key-admin.ts'
import { isValid, staticKeyId } from '../../auth/key-ring.ts'
import type { Settings } from '../../config/load.ts'
import { providerProblem } from '../../config/provider-problem.ts'
import { systemClock } from '../../core/clock.ts'
import { ProxyError } from '../../core/errors.ts'
import { secureBytes } from '../../core/random.ts'
import type { KeyRecord } from '../../core/store.ts'
import { sha256 } from '../../store/sha256.ts'
import { formatRows, type OutputFormat } from './table.ts'
import { type StoreCommandOptions, withStore, withStoreForReading } from './with-store.ts'

export type KeysAction =
  /** `fields` as `newKeySchema` has them. */
  | { readonly kind: 'create'; readonly fields: Readonly<Record<string, unknown>>; readonly isJson?: boolean }
  | { readonly kind: 'list'; readonly format: OutputFormat }
  | { readonly kind: 'show' | 'rotate' | 'revoke'; readonly id: string; readonly isJson?: boolean }

export interface KeysOptions extends StoreCommandOptions {
  readonly action: KeysAction
  /** Keys that are not in the store, and the providers that a key may name. */
  readonly settings: Pick<Settings, 'apiKeys' | 'keys' | 'providers'>
}

/** `lynkr keys create|list|show|rotate|revoke`. A secret goes to stdout alone, so that it can be piped; once. */
export function keys(options: KeysOptions): Promise<number> {
  const { providers } = options.settings
  const { kind } = options.action
  const ask = kind === 'list' || kind === 'show' ? withStoreForReading : withStore
  return ask(options, async (store) => {
    const admin = openKeyAdmin({
      store,
      providerProblem: (name) => providerProblem(name, providers),
      sha256,
      secureBytes,
      wallMs: systemClock.wallMs,
    })
    await run(admin, options)
    return 0
  })
}

async function run(admin: KeyAdmin, options: KeysOptions): Promise<void> {
  const { action, settings, print, printError } = options
  const elsewhere = keysElsewhere(settings)
  switch (action.kind) {
    case 'create': {
      const isFirst = elsewhere.length === 0 && (await admin.list()).length === 0
      const { secret, record } = await admin.create(action.fields)
      if (action.isJson === true) return print(JSON.stringify({ ...shownKey(record), secret }, null, 2))
      printError(`${record.id} (${record.name}) is made; its secret is shown this once:`)
      print(secret)
      if (isFirst) printError('It is the first: from now on clients must show a key, such as in ANTHROPIC_AUTH_TOKEN.')
      return
    }
    case 'rotate': {
      const { secret, record } = await admin.rotate(await idOf(action.id, admin, elsewhere))
      if (action.isJson === true) return print(JSON.stringify({ ...shownKey(record), secret }, null, 2))
      printError(`${record.id} (${record.name}) has a new secret, shown this once; the old one no longer works:`)
      return print(secret)
    }
    case 'revoke': {
      const record = await admin.revoke(await idOf(action.id, admin, elsewhere))
      return print(
        action.isJson === true ? JSON.stringify(shownKey(record), null, 2) : `${record.id} (${record.name}) is revoked`,
      )
    }
    case 'show':
      return print(JSON.stringify(shownKey(await admin.show(await idOf(action.id, admin, elsewhere))), null, 2))
    case 'list': {
      const rows = [...(await admin.list()).map(listRow), ...elsewhere.map(({ row }) => row)]
      if (rows.length === 0 && action.format === 'table') printError('no key yet; `lynkr keys create NAME` makes one')
      return print(formatRows(action.format, HEADS, rows))
    }
  }
}

const HEADS = ['id', 'name', 'from', 'starts with', 'user', 'team', 'state', 'created']

function listRow(key: KeyRecord): readonly string[] {
  const owner = [key.user ?? '', key.team ?? '']
  return [key.id, key.name, 'store', key.prefix, ...owner, stateOf(key), iso(key.createdWallMs)]
}

/** A key that the store does not have: where it stands instead, and its row. */
interface KeyElsewhere {
  readonly id: string
  readonly place: string
  readonly row: readonly string[]
}

/** Keys of the file's section `keys`, and of `LYNKR_API_KEYS`, under the names that logs and usage have for them. */
function keysElsewhere({ keys: configured, apiKeys }: KeysOptions['settings']): readonly KeyElsewhere[] {
  return [
    ...configured.map((key) => {
      const state = stateOf({ ...key, revokedWallMs: null })
      const row = [key.id, '', 'file', '', key.user ?? '', key.team ?? '', state, '']
      return { id: key.id, place: 'the section keys: of the configuration file', row }
    }),
    ...apiKeys.map((_, i) => {
      const id = staticKeyId(i)
      return { id, place: 'LYNKR_API_KEYS', row: [id, '', 'LYNKR_API_KEYS', '', '', '', 'valid', ''] }
    }),
  ]
}

/**
 * The id of the key that is meant: the one with that id, else with that name, which is what people remember. Where several
 * had the name, the one that has not ended.
 *
 * @throws ProxyError `not_found` for a key that is not in the store; `invalid_request` if it could be several
 */
async function idOf(asked: string, admin: KeyAdmin, elsewhere: readonly KeyElsewhere[]): Promise<string> {
  const outside = elsewhere.find(({ id }) => id === asked)
  if (outside !== undefined) {
    throw new ProxyError('not_found', `the key ${asked} stands in ${outside.place}; look and change there`)
  }
  const all = await admin.list()
  const called = all.filter(({ name }) => name === asked)
  const valid = called.filter((key) => stateOf(key) === 'valid')
  const meant = valid.length > 0 ? valid : called
  // Without a name like that it is an id, or nothing: whoever looks for it says so.
  if (meant.length === 0 || all.some(({ id }) => id === asked)) return asked
  if (meant[0] !== undefined && meant.length === 1) return meant[0].id
  const ids = meant.map(({ id }) => id).join(', ')
  throw new ProxyError('invalid_request', `several keys are called ${asked}; say which by its id: ${ids}`)
}

function stateOf(key: Pick<KeyRecord, 'expiresWallMs' | 'revokedWallMs'>): string {
  if (key.revokedWallMs !== null) return 'revoked'
  return isValid(key, systemClock.wallMs()) ? 'valid' : 'expired'
}

/** Everything but the hash, times for people. */
function shownKey({ hash: _, createdWallMs, expiresWallMs, revokedWallMs, ...key }: KeyRecord) {
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
