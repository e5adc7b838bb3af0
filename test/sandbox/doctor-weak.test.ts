import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { runDoctor } from '../../src/sandbox/doctor.ts'
import { createEngine } from '../../src/sandbox/engine.ts'
import { openImages } from '../../src/sandbox/images.ts'
import { openTestEngine, type TestEngine } from '../support/docker.ts'

setDefaultTimeout(180_000)

const docker = await openTestEngine()

/** Each takes seconds, so they belong to the long tests. */
const isLong = Bun.env.LYNKR_TEST_FULL === '1' || Bun.env.CI === 'true'

if (docker !== null && isLong) {
  describe('the doctor of a sandbox without', () => {
    test.each([
      ['--read-only', 1, 'read'],
      ['--cap-drop', 2, 'capabilit'],
      ['--security-opt', 2, 'privilege'],
      ['--pids-limit', 2, 'process'],
      ['--network', 2, 'network'],
      ['--ipc', 2, 'memory'],
    ])('%s says that it does not hold', async (flag, words, property) => {
      const broken = await brokenWithout(docker, flag, words)

      expect(broken.join('\n').toLowerCase()).toContain(property)
    })
  })
}

/** What the doctor finds where the docker client leaves a flag, and the words that belong to it, out of every `run`. */
async function brokenWithout({ engine, folder }: TestEngine, flag: string, words: number): Promise<string[]> {
  const client = join(folder, `docker-without${flag}`)
  const script = [
    '#!/bin/bash',
    'kept=()',
    `while (($# > 0)); do if [[ $1 == ${flag} ]]; then shift ${words}; else kept+=("$1"); shift; fi; done`,
    `exec ${engine.client} "\${kept[@]}"`,
  ]
  writeFileSync(client, `${script.join('\n')}\n`, { mode: 0o755 })
  const weak = createEngine({ client, environment: engine.environment, scheduler: systemScheduler })
  const rows = await runDoctor({
    engine: weak,
    images: openImages(weak, join(folder, 'images.json')),
    owner: () => ({ installation: 'doctor', process: `${process.pid}.${flag}` }),
    clock: systemClock,
    scheduler: systemScheduler,
    signal: new AbortController().signal,
  })
  return rows.filter(({ holds }) => !holds).map(({ property }) => property)
}
