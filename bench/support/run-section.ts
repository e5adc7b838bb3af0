import { join } from 'node:path'
import { withEngineSettings } from '../../src/config/reexec.ts'
import type { SectionPlan } from '../sections.ts'
import { bound } from './owned.ts'
import type { Section } from './section.ts'

/** What came of a section: its tables, or in a few words why there are none. */
export type Outcome =
  | { readonly kind: 'measured'; readonly section: Section }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly why: string }

/** A section that does not end by itself ends after so many times its time, and a grace for what it has to start. */
const PATIENCE = 1.5
const GRACE_SECONDS = 10

/** The group of the section that runs now; `null` between them. */
const now: { group: number | null } = { group: null }

/** Runs a section in a process group of its own, of which nothing is left when this resolves. */
export async function runSection(
  { name, isInProcess }: SectionPlan,
  options: {
    readonly size: 'quick' | 'whole'
    readonly seconds: number
    /** After which it is given up in any case. */
    readonly mostSeconds: number
    readonly folder: string
  },
): Promise<Outcome> {
  const file = join(options.folder, `${name}.json`)
  const command = [process.execPath, 'bench/section-process.ts', name, options.size, `${options.seconds}`, file]
  const env = isInProcess ? withEngineSettings(process.env) : process.env
  const child = Bun.spawn([...bound(command)], { env, stdio: ['ignore', 'inherit', 'inherit'], detached: true })
  now.group = child.pid
  const limitSeconds = Math.min(options.mostSeconds, options.seconds * PATIENCE + GRACE_SECONDS)
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
    endSection()
  }, limitSeconds * 1_000)
  const code = await child.exited
  clearTimeout(late)
  endSection()
  if (isLate) return { kind: 'failed', why: `given up after ${limitSeconds.toFixed(0)} s` }
  if (code !== 0) return { kind: 'failed', why: `ended with ${code}` }
  const section: Section | null = await Bun.file(file).json()
  return section === null ? { kind: 'absent' } : { kind: 'measured', section }
}

/** Ends the section that runs now, if one does, and all that it has started. */
export function endSection(): void {
  if (now.group === null) return
  try {
    process.kill(-now.group, 'SIGKILL')
  } catch (thrown) {
    // A group of which nobody is left cannot be signalled.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  } finally {
    now.group = null
  }
}
