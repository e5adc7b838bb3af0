import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { createEngine } from '../../src/sandbox/engine.ts'
import { openImages } from '../../src/sandbox/images.ts'
import { openSandbox, run } from './sandbox.ts'

/** A lynkr with a long run, to be killed by the test that started it. Prints its data folder. */
const settings = JSON.parse(process.argv[2] ?? '')
const engine = createEngine({ ...settings, scheduler: systemScheduler })
const images = openImages(engine, join(settings.folder, 'images.json'))
const sandbox = openSandbox({ engine, images }, { wait: { argv: ['sleep', '300'] } })
writeSync(1, `${join(sandbox.folder, 'data')}\n`)
await run(sandbox, 'wait')
