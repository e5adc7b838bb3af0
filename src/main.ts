import { createProgram } from './cli/program.ts'

await createProgram((code) => process.exit(code)).parseAsync()
