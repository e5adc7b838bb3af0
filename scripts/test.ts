import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVICES_REPORT } from '../test/support/services.ts'

/** A test waits for nothing but its own work, which may take this long on a machine that others load. */
const TIMEOUT_MS = 180_000

/** `bun run test [bun test arguments]`: runs every test, then says plainly which suites had no service to run against. */
const folder = mkdtempSync(join(tmpdir(), 'lynkr-test-'))
const report = join(folder, 'services')
await Bun.write(report, '')

const tests = Bun.spawn([process.execPath, 'test', '--timeout', `${TIMEOUT_MS}`, ...process.argv.slice(2)], {
  env: { ...process.env, [SERVICES_REPORT]: report },
  stdio: ['inherit', 'inherit', 'inherit'],
})
const code = await tests.exited

const absent = [...new Set(readFileSync(report, 'utf8').split('\n').filter(Boolean))]
rmSync(folder, { recursive: true, force: true })
if (absent.length > 0) {
  console.error(`\nNOT RUN, because a service is missing (with CI=true this is a failure):`)
  for (const line of absent) console.error(`  - ${line}`)
}
process.exit(code)
