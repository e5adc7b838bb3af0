import { expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLynkr } from '../support/running-lynkr.ts'

const OWN = 'the-admin-key-of-an-operator'

test('an admin key of the operator’s is the only one, whatever it looks like, and is never made', async () => {
  const data = mkdtempSync(join(tmpdir(), 'lynkr-admin-'))
  const keys = { LYNKR_ADMIN_KEY: OWN, LYNKR_API_KEYS: 'k'.repeat(22) }
  const lynkr = await startLynkr({ ...keys, LYNKR_DATA_DIR: data })
  const asked = async (key: string) =>
    (await fetch(`${lynkr.server.url}/admin/keys`, { headers: { authorization: `Bearer ${key}` } })).status

  const statuses = [await asked(OWN), await asked(`${OWN} `), await asked('k'.repeat(22)), await asked(`${OWN}!`)]
  const session = await fetch(`${lynkr.server.url}/dashboard/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: OWN }),
  })

  expect(statuses).toEqual([200, 200, 401, 401])
  expect(session.status).toBe(200)
  expect(existsSync(join(data, 'admin.key'))).toBeFalse()
  await lynkr.stop()
  rmSync(data, { recursive: true })
}, 60_000)
