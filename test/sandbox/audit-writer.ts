import { systemClock } from '../../src/core/clock.ts'
import { openAuditFile } from '../../src/sandbox/audit-log.ts'

/** Appends 25 rows to the log it is given, as one of several processes. */
const [, , path = '', id = ''] = process.argv
const log = openAuditFile(path, systemClock)
for (let i = 0; i < 25; i++) {
  log.append({
    event: 'started',
    runId: `${id}-${i}`,
    caller: id,
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
