import { systemClock } from '../../src/core/clock.ts'
import { toProxyError } from '../../src/core/errors.ts'
import { openAuditFile } from '../../src/sandbox/audit-log.ts'

/** Appends rows to the log it is given until one is refused, and prints how many were taken and why no more. */
const [, , path = ''] = process.argv
const log = openAuditFile(path, systemClock)
let rows = 0
try {
  for (; rows < 1_000; rows++) {
    log.append({
      event: 'started',
      runId: String(rows),
      caller: 'key_1',
      command: 'list',
      argv: [],
      image: null,
      limits: null,
      reason: null,
      ending: null,
      exitCode: null,
      outputBytes: null,
      durationMs: null,
    })
  }
} catch (thrown) {
  process.stdout.write(`${JSON.stringify({ rows, kind: toProxyError(thrown).kind })}\n`)
}
