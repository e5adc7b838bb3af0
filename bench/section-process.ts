import { QUICK, WHOLE } from './plan.ts'
import { SECTIONS } from './sections.ts'
import { deadlineAt } from './support/deadline.ts'
import { ownWhatIsStarted } from './support/owned.ts'

/**
 * One section in a process of its own, which is what `bench/run.ts` starts: writes the section as JSON, or `null` if
 * the machine lacks what it needs. Everything it started ends with it.
 *
 *     bun bench/section-process.ts NAME quick|whole SECONDS FILE
 */
const [name, size, seconds, file = ''] = process.argv.slice(2)
const found = SECTIONS.find((section) => section.name === name)
if (found === undefined) throw new Error(`no section ${name}; there are ${SECTIONS.map((one) => one.name).join(', ')}`)
ownWhatIsStarted()
const deadline = deadlineAt(performance.now() + Number(seconds) * 1_000)
const result = await found.run({ ...(size === 'quick' ? QUICK : WHOLE), deadline })
await Bun.write(file, JSON.stringify(result))
process.exit(0)
