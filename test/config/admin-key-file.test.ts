import { expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAdminKey } from '../../src/config/admin-key-file.ts'

test('an admin key that cannot be read is a sentence with its place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-admin-'))
  const path = join(folder, 'admin.key')
  mkdirSync(path)

  const opened = openAdminKey(folder)
  rmSync(folder, { recursive: true })

  expect(opened).toEqual({ wrong: `${path}: it is a folder` })
})
