import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADMIN_KEY_FILE, ADMIN_KEY_MODE, readAdminKeyFile } from '../auth/admin-key.ts'
import { KEY_BYTES, keySecret } from '../auth/key-format.ts'
import { secureBytes } from '../core/random.ts'
import { isSystemError, systemProblem } from '../core/system-error.ts'

/**
 * The admin key: read from the data folder, made there at the first start.
 *
 * @returns the key and where it lies, or what is wrong
 */
export function openAdminKey(
  dataDir: string,
): { readonly secret: string; readonly path: string } | { readonly wrong: string } {
  const path = join(dataDir, ADMIN_KEY_FILE)
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    createOnce(path)
    const read = readAdminKeyFile(readFileSync(path, 'utf8'), statSync(path).mode)
    return 'wrong' in read ? { wrong: `${path}: ${read.wrong}` } : { ...read, path }
  } catch (thrown) {
    return { wrong: `${path}: ${systemProblem(thrown)}` }
  }
}

/** `wx` lets exactly one of several processes that start at once make the file. */
function createOnce(path: string): void {
  try {
    writeFileSync(path, `${keySecret(secureBytes(KEY_BYTES))}\n`, { flag: 'wx', mode: ADMIN_KEY_MODE })
    chmodSync(path, ADMIN_KEY_MODE)
  } catch (thrown) {
    if (!(isSystemError(thrown) && thrown.code === 'EEXIST')) throw thrown
  }
}
