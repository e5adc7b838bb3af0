import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

/** Each takes longer to load than the rest of a start, and most processes never need it. */
const LATE = [
  '@modelcontextprotocol/sdk',
  'gpt-tokenizer',
  '@pydantic/genai-prices',
  'yaml',
  '@opentelemetry',
  'pino-pretty',
]

/** Schemas of what most starts do not read: to build one takes milliseconds. */
const LATE_SCHEMAS = [
  'auth/key-schema.ts',
  'auth/key-config.ts',
  'budget/budget-config.ts',
  'budget/limit-config.ts',
  'config/file-schema.ts',
  'simulator/script-schema.ts',
]

/** Modules of the runtime that take 5 to 10 ms and a megabyte; what most starts need of them is native to Bun as well. */
const HEAVY = /^import (?!type).* from '(node:(crypto|http|https|stream|util|zlib))'$/m

test('a start loads nothing that only some requests or settings need', () => {
  const program = `
    await import('./src/cli/serve.ts')
    await import('./src/simulator/simulator.ts')
    const loaded = Object.keys(require.cache)
    process.stdout.write(loaded.join('\\n'))`

  const { stdout, exitCode } = Bun.spawnSync([process.execPath, '-e', program], { cwd: `${import.meta.dir}/../..` })
  const loaded = stdout.toString()

  expect(exitCode).toBe(0)
  expect(loaded).toContain('/node_modules/zod/')
  expect(LATE.filter((name) => loaded.includes(`/node_modules/${name}/`))).toEqual([])
  expect(loaded).toContain('/src/config/settings.ts')
  expect(LATE_SCHEMAS.filter((name) => loaded.includes(`/src/${name}`))).toEqual([])
  const own = loaded.split('\n').filter((path) => path.includes('/src/') && path.endsWith('.ts'))
  expect(own.length).toBeGreaterThan(300)
  expect(own.filter((path) => HEAVY.test(readFileSync(path, 'utf8')))).toEqual([])
})
