import { reachLoopbackDirectly, readEnvironment } from './config/environment.ts'
import { compileLater, reexecWithEngineSettings } from './config/reexec.ts'
import { nextTurn } from './core/clock.ts'

reachLoopbackDirectly()
// First of all, for whatever is loaded before would be loaded twice.
if (process.argv[2] === 'serve') {
  reexecWithEngineSettings(readEnvironment())
  compileLater()
}
const { createProgram } = await import('./cli/program.ts')
let isEnding = false
/** What could not be written is no success; a reader that wanted no more has what it wanted. */
let unwritten: Error | null = null
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') unwritten ??= error
})
/** What a slow reader of a pipe has not taken yet would be lost with the process. */
function end(code: number): void {
  isEnding = true
  process.stdout.end(async () => {
    // An error is told of after the end that it is the reason for.
    await nextTurn()
    if (unwritten === null) process.exit(code)
    const { systemProblem } = await import('./core/system-error.ts')
    process.stderr.write(`lynkr: the output cannot be written: ${systemProblem(unwritten)}\n`)
    process.exit(code === 0 ? 1 : code)
  })
}
try {
  await createProgram(end).parseAsync()
} catch (thrown) {
  if (!isEnding) {
    const { sayFailure } = await import('./cli/say-failure.ts')
    sayFailure(thrown)
    end(1)
  }
}
