import { Database } from 'bun:sqlite'
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { copyFileSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openLynkrCli } from '../../support/lynkr-cli.ts'

setDefaultTimeout(180_000)

const cli = openLynkrCli({})
afterAll(() => cli[Symbol.dispose]())
const dataDir = join(cli.home, 'data')
const env = { LYNKR_DATA_DIR: dataDir }
const path = join(dataDir, 'lynkr.db')
const file = join(cli.home, 'backup.db')

test('a backup made while the database is in use has all of it, for its owner alone, and can be gone back to', async () => {
  await cli.run(['keys', 'create', 'before'], env)
  using running = new Database(path)
  running.run('pragma wal_autocheckpoint = 0')
  running.run('begin immediate')

  const { code, out } = await cli.run(['backup', file], env)
  running.run('rollback')
  running.close()
  await cli.run(['keys', 'create', 'after'], env)
  for (const name of readdirSync(dataDir)) if (name.startsWith('lynkr.db')) rmSync(join(dataDir, name))
  copyFileSync(file, path)
  const keys = JSON.parse((await cli.run(['keys', 'list', '--json'], env)).out)

  expect([code, out.includes(file), statSync(file).mode & 0o777]).toEqual([0, true, 0o600])
  expect(keys.map(({ name }: { name: string }) => name)).toEqual(['before'])
})

test.each([
  ['a file that is there is not written over', file, {}, 1, 'something is there already'],
  ['a folder that is not there is named', '/nowhere/b.db', {}, 1, '/nowhere/b.db: there is no such file or folder'],
  ['without a database there is none', join(cli.home, 'b.db'), { LYNKR_DATA_DIR: '/nowhere' }, 1, 'is not there'],
  ['PostgreSQL has its own', join(cli.home, 'b.db'), { DATABASE_URL: 'postgres://127.0.0.1:1/x' }, 2, 'pg_dump'],
])('%s', async (_, target, more, code, said) => {
  const result = await cli.run(['backup', target], { ...env, ...more })

  expect([result.code, result.error]).toEqual([code, expect.stringContaining(said)])
  expect(existsSync(join(cli.home, 'b.db'))).toBe(false)
})
