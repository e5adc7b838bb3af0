import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { runDoctor } from '../../src/sandbox/doctor.ts'
import { BENCHMARK } from '../../src/sandbox/doctor-benchmark.ts'
import { PROBES, readProbes } from '../../src/sandbox/doctor-probes.ts'
import { openTestEngine } from '../support/docker.ts'

setDefaultTimeout(180_000)

const docker = await openTestEngine()

if (docker !== null) {
  const rows = await runDoctor({
    ...docker,
    owner: () => ({ installation: 'doctor', process: `${process.pid}.0` }),
    clock: systemClock,
    scheduler: systemScheduler,
    signal: new AbortController().signal,
  })

  describe('in a real container, a command', () => {
    test.each(rows.map((row) => [row.property, row.observed, row.holds] as const))('%s (%s)', (_, __, holds) => {
      expect(holds).toBe(true)
    })

    test('was probed for everything', () => {
      expect(rows.length).toBe(PROBES.length + BENCHMARK.length + 5)
    })
  })
}

describe('the doctor', () => {
  test('takes a probe that did not run for a property that does not hold', () => {
    const silent = readProbes('')

    const passing = PROBES.filter(({ holds }, i) => holds(silent[i] ?? '')).map(({ property }) => property)

    expect(passing).toEqual([])
  })

  test('takes a container it cannot inspect for one that keeps nothing it must have', () => {
    const passing = BENCHMARK.filter(({ holds }) => holds({})).map(({ property }) => property)

    expect(passing).not.toContain('CIS 5.5 is not privileged')
    expect(passing).not.toContain('CIS 5.11 has a memory limit, without swap')
  })
})
