import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, readdirSync } from 'node:fs'
import { INJECTIONS } from '../policy/injections.ts'
import { TRAVERSALS } from '../policy/traversals.ts'
import { openTestEngine } from '../support/docker.ts'
import { openSandbox, run } from './sandbox.ts'

setDefaultTimeout(300_000)

const docker = await openTestEngine()

/** As many payloads travel in one container. */
const SLOTS = Array.from({ length: 40 }, (_, i) => `slot_${i}`)
const text = { type: 'string', charset: 'text', max: 4096, optional: true }

const TEMPLATES = {
  print: {
    argv: ['printf', '<%s>\\n', '--', ...SLOTS.map((slot) => `{${slot}}`)],
    parameters: Object.fromEntries(SLOTS.map((slot) => [slot, text])),
  },
}

/** What a `text` may hold; the rest never gets as far as a container. */
const PAYLOADS = [...INJECTIONS, ...TRAVERSALS].filter(
  (payload) => !/\p{C}|\p{Zl}|\p{Zp}/u.test(payload) && payload !== '' && payload.length <= text.max,
)

if (docker !== null) {
  const sandbox = openSandbox(docker, TEMPLATES)
  afterAll(() => sandbox[Symbol.dispose]())
  chmodSync(sandbox.workspace, 0o777)
  const groups = Array.from({ length: Math.ceil(PAYLOADS.length / SLOTS.length) }, (_, i) =>
    PAYLOADS.slice(i * SLOTS.length, (i + 1) * SLOTS.length),
  )

  test.each(groups.map((payloads, i) => [i, payloads] as const))(
    'no public injection is more than a text to the program that gets it (group %i)',
    async (_, payloads) => {
      const result = await run(sandbox, 'print', Object.fromEntries(payloads.map((value, i) => [SLOTS[i], value])))

      // This printf prints the dashes too.
      expect(result.stdout).toBe(['--', ...payloads].map((payload) => `<${payload}>\n`).join(''))
      expect(result).toMatchObject({ exitCode: 0, stderr: '' })
      expect(readdirSync(sandbox.workspace)).toEqual(['hello.txt'])
    },
  )
}
