import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPathGuard, openRoot } from '../../src/sandbox/path-guard.ts'
import { createRedactor } from '../../src/sandbox/redact.ts'

const text = 'src/sandbox/path-guard.ts:12: export function createPathGuard(): PathGuard {\n'.repeat(50)

/** Rows of the micro table: one operation per iteration. */
export const rows: readonly { name: string; reportOpsPerSecond?: number; run(iterations: number): void }[] = [
  {
    name: 'path guard, file system (stat, 5 levels deep)',
    run(iterations) {
      const folder = mkdtempSync(join(tmpdir(), 'lynkr-bench-guard-'))
      mkdirSync(join(folder, 'a/b/c/d'), { recursive: true })
      writeFileSync(join(folder, 'a/b/c/d/file.ts'), '')
      const guard = createPathGuard()
      try {
        using root = openRoot(folder)
        for (let i = 0; i < iterations; i++) {
          const found = guard.stat(root, 'a/b/c/d/file.ts')
          if (!found.ok) throw new Error(found.message)
        }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  },
  {
    name: 'redaction of 4 KB of command output',
    run(iterations) {
      const redactor = createRedactor(['a-key-of-a-provider', 'another-key-of-another'])
      for (let i = 0; i < iterations; i++) redactor.push(text)
    },
  },
]
