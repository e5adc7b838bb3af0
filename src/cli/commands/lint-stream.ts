import { ProxyError } from '../../core/errors.ts'
import type { SurfaceName } from '../../pipeline/guess-surface.ts'
import { type LintReport, lintStream } from '../../pipeline/lint-stream.ts'

export interface LintStreamOptions {
  readonly bytes: Uint8Array
  /** What the lines begin with. */
  readonly name: string
  readonly surface: SurfaceName | null
  readonly isJson: boolean
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/**
 * `lynkr lint-stream`: what is wrong with a recorded event stream, line by line.
 *
 * @returns the exit code: 0 if nothing but warnings; 1 if it has errors; 2 if it is no stream that is known
 */
export function lint({ bytes, name, surface, isJson, print, printError }: LintStreamOptions): number {
  let report: LintReport
  try {
    report = lintStream(bytes, surface)
  } catch (thrown) {
    if (!(thrown instanceof ProxyError)) throw thrown
    printError(`${name}: ${thrown.message}`)
    return 2
  }
  const { findings, events, ending } = report
  const errors = findings.filter(({ severity }) => severity === 'error').length
  if (isJson) print(JSON.stringify(report, null, 2))
  else {
    for (const { line, severity, message } of findings) print(`${name}:${line}: ${severity}: ${message}`)
    const counts = `${errors} errors, ${findings.length - errors} warnings`
    printError(`${report.surface}, ${events} events, ${ENDINGS[ending]}: ${counts}`)
  }
  return errors === 0 ? 0 : 1
}

const ENDINGS = { finished: 'finished', error: 'ended by an error', cut: 'cut off' } as const
