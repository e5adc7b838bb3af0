import { appendFileSync } from 'node:fs'

/**
 * Asks for a real service (PostgreSQL, Redis, Docker, …) that a suite is about.
 *
 * Call it at the top level of a test file and guard the suite with the answer, so that a machine that cannot have the
 * service still runs everything else:
 *
 *     const redis = await requireService('redis', startRedis)
 *     describe.if(redis !== null)('the shared cache', () => { … })
 *
 * `CI=true` turns an absent service into a failure of the file. Otherwise the reason goes to the report that
 * `bun run test` prints at its end, and to stderr when a file is run by itself.
 *
 * @param name     what the reader of the report should look for, such as `postgresql`
 * @param tryStart installs and starts the service; resolves to null, or throws, where that is not possible
 * @returns what `tryStart` made, or null
 * @throws Error with `CI=true` when the service is absent
 */
export async function requireService<T>(name: string, tryStart: () => Promise<T | null>): Promise<T | null> {
  let reason = 'it could not be started here'
  try {
    const service = await tryStart()
    if (service !== null) return service
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error)
  }
  if (process.env.CI === 'true') throw new Error(`${name} is required with CI=true: ${reason}`)
  report(`${name}: ${oneLine(reason)}`)
  return null
}

/** Path of the file that `bun run test` reads back: one line per suite that did not run. */
export const SERVICES_REPORT = 'LYNKR_SERVICES_REPORT'

function report(line: string): void {
  const path = process.env[SERVICES_REPORT]
  if (path === undefined) console.error(`not run: ${line}`)
  else appendFileSync(path, `${line}\n`)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300)
}
