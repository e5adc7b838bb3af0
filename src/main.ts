import { reachLoopbackDirectly, readEnvironment } from './config/environment.ts'
import { compileLater, reexecWithEngineSettings } from './config/reexec.ts'

reachLoopbackDirectly()
// First of all, for whatever is loaded before would be loaded twice.
if (process.argv[2] === 'serve') {
  reexecWithEngineSettings(readEnvironment())
  compileLater()
}
const { createProgram } = await import('./cli/program.ts')
try {
  await createProgram((code) => process.exit(code)).parseAsync()
} catch (thrown) {
  const { sayFailure } = await import('./cli/say-failure.ts')
  sayFailure(thrown)
  process.exit(1)
}
