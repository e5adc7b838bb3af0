import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ADMIN_KEY_FILE, readAdminKeyFile } from '../../auth/admin-key.ts'
import { isLoopback, type Settings } from '../../config/load.ts'
import { StoreError } from '../../core/store.ts'
import { systemErrorLine, systemProblem } from '../../core/system-error.ts'
import { readStore } from '../configured-store.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** Keys of clients, of the operator, and of the file that may hold the providers'. */
export async function checkKeys(settings: Settings): Promise<Finding[]> {
  return [clientKeys(settings, await countStored(settings)), adminKey(settings), ...fileMode(settings.configFile)]
}

/** A store that cannot be asked is a finding of its own; `null` for one that will be brought up to date first. */
async function countStored(settings: Settings): Promise<number | null> {
  try {
    return await readStore(settings, async (store) => (await store.listKeys()).length)
  } catch (thrown) {
    if (thrown instanceof StoreError && thrown.fault === 'older_schema') return null
    if (thrown instanceof StoreError || systemErrorLine(thrown) !== null) return 0
    throw thrown
  }
}

function clientKeys(settings: Settings, stored: number | null): Finding {
  const { apiKeys, keys, requireKeys, host, allowUnauthenticated } = settings
  const places = [
    [apiKeys.length, 'in LYNKR_API_KEYS'],
    [keys.length, 'in lynkr.yaml'],
    [stored ?? 0, 'made with `lynkr keys create`'],
  ] as const
  const found = places.filter(([count]) => count > 0).map(([count, place]) => `${count} ${place}`)
  if (found.length > 0) return ok('keys', `clients need a key: ${found.join(', ')}`)
  if (stored === null) return ok('keys', 'which were made with `lynkr keys create`, the next start will say')
  if (requireKeys) return ok('keys', 'clients need a key made with `lynkr keys create`')
  if (isLoopback(host)) return ok('keys', `clients need no key: ${host} can be reached from this machine alone`)
  const fix = 'Set LYNKR_API_KEYS or LYNKR_REQUIRE_KEYS=true.'
  return allowUnauthenticated
    ? warning('keys', `whoever reaches ${host} can spend your money`, fix)
    : problem('keys', `${host} without keys`, fix)
}

function adminKey({ adminKey: set, dataDir }: Settings): Finding {
  if (set !== undefined) return ok('keys', 'the admin key is that of LYNKR_ADMIN_KEY')
  const path = join(dataDir, ADMIN_KEY_FILE)
  if (!existsSync(path)) return ok('keys', 'the admin key is made at the first start')
  try {
    const read = readAdminKeyFile(readFileSync(path, 'utf8'), statSync(path).mode)
    if (!('wrong' in read)) return ok('keys', `the admin key lies in ${path}`)
    return problem('keys', `${path}: ${read.wrong}`, `chmod 600 ${path}, or remove it: the next start makes a new one.`)
  } catch (thrown) {
    return problem('keys', `${path}: ${systemProblem(thrown)}`, `Give ${path} to the user that lynkr runs as.`)
  }
}

/** A file with a key in it is for its owner's eyes. */
function fileMode(path: string | null): Finding[] {
  if (path === null || process.platform === 'win32') return []
  const holdsKey = /^\s*key:/m.test(readFileSync(path, 'utf8'))
  const isPrivate = (statSync(path).mode & 0o077) === 0
  if (!holdsKey || isPrivate) return []
  return [warning('keys', `${path} holds a key and can be read by others`, `chmod 600 ${path}`)]
}
