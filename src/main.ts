import { reachLoopbackDirectly, readEnvironment } from './config/environment.ts'
import { compileLater, reexecWithEngineSettings } from './config/reexec.ts'

reachLoopbackDirectly()
// Before anything else is loaded: here the process may start itself again, and would load it twice.
if (process.argv[2] === 'serve') {
  reexecWithEngineSettings(readEnvironment())
  compileLater()
}
const { createProgram } = await import('./cli/program.ts')
const { watchOutput } = await import('./cli/end-output.ts')
const endProcess = watchOutput()
let isEnding = false
function end(code: number): void {
  isEnding = true
  endProcess(code)
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
