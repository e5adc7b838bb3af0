import { describe, expect, test } from 'bun:test'
import { REDACTED } from '../../src/core/secret.ts'
import type { Images } from '../../src/sandbox/images.ts'
import { holdEngineErrors } from '../../src/sandbox/run-output.ts'
import { openFakeDocker } from '../support/fake-docker.ts'
import { openSandbox, run } from './sandbox.ts'

const IMAGE = { reference: `sha256:${'0'.repeat(64)}`, environment: [] }
const images: Images = { resolve: async () => IMAGE, referenceOf: () => IMAGE.reference, pin: () => undefined }
const OUTPUT_BYTES = 1024
const TEMPLATES = { read: { argv: ['cat', 'hello.txt'], limits: { outputBytes: OUTPUT_BYTES } } }

describe('a secret that the output limit cuts in two', () => {
  test.each([
    ['a value that lynkr knows', 'correct-horse-battery-staple'],
    ['a value with white space', 'correct horse battery staple'],
    ['a token of Databricks', `dapi${'0'.repeat(32)}`],
    ['a key of AWS', `AKIA${'A'.repeat(16)}`],
  ])('shows nothing of %s', async (_, secret) => {
    const before = `${'x'.repeat(OUTPUT_BYTES - secret.length)} `
    using docker = openFakeDocker(`printf '%s' '${before}${secret}'; rm "$container"`)
    using sandbox = openSandbox({ engine: docker.engine, images, secrets: [secret] }, TEMPLATES)

    const { ending, stdout } = await run(sandbox, 'read')

    expect({ ending, stdout }).toEqual({ ending: 'output_cap', stdout: before + REDACTED })
  })
})

test("a file's byte order mark comes out as it is", async () => {
  using docker = openFakeDocker(`printf '\\357\\273\\277{}'; rm "$container"`)
  using sandbox = openSandbox({ engine: docker.engine, images }, TEMPLATES)

  expect((await run(sandbox, 'read')).stdout).toBe('\ufeff{}')
})

test('words that are longer than any error of the docker client are the command’s own, and come out as it writes them', () => {
  const seen: string[] = []
  const errors = holdEngineErrors(({ text }) => seen.push(text))

  errors.push(`docker: ${'no error '.repeat(2_000)}`)
  errors.push('and more')

  expect(seen.join('')).toEndWith('no error and more')
  expect(errors.end(true)).toBeNull()
})
