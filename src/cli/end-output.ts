import { nextTurn } from '../core/clock.ts'
import { systemProblem } from '../core/system-error.ts'

/**
 * Watches standard output from now on. What could not be written is no success; a reader that wanted no more has what
 * it wanted. Words for people that cannot be written are nobody's, and no reason to end.
 *
 * @returns ends the process once a slow reader of a pipe has taken all, with 1 in place of 0 if something is lost
 */
export function watchOutput(): (code: number) => void {
  const { stdout, stderr } = process
  let unwritten: Error | null = null
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') unwritten ??= error
  })
  stderr.on('error', () => undefined)
  return (code) =>
    void stdout.end(async () => {
      // An error is told of after the end that it is the reason for.
      await nextTurn()
      if (unwritten === null) process.exit(code)
      stderr.write(`lynkr: the output cannot be written: ${systemProblem(unwritten)}\n`)
      process.exit(code === 0 ? 1 : code)
    })
}
