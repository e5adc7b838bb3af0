import { reachLoopbackDirectly, readEnvironment } from './config/environment.ts'
import { compileLater, reexecWithEngineSettings } from './config/reexec.ts'

reachLoopbackDirectly()
// First of all, for whatever is loaded before would be loaded twice.
if (process.argv[2] === 'serve') {
  reexecWithEngineSettings(readEnvironment())
  compileLater()
}
const { createProgram } = await import('./cli/program.ts')
let isEnding = false
/** What a slow reader of a pipe has not taken yet would be lost with the process. */
function end(code: number): void {
  isEnding = true
  process.stdout.end(() => process.exit(code))
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
