import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import type { Engine, EngineAnswer } from '../../src/sandbox/engine.ts'
import { openImages } from '../../src/sandbox/images.ts'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-images-'))
afterAll(() => rmSync(folder, { recursive: true }))
const IMAGE = `sha256:${'0'.repeat(64)}`
const FOUND = { exitCode: 0, stdout: '{"Env":["A=1"]}', stderr: '' }
const DOWN = { exitCode: 1, stdout: '', stderr: 'Cannot connect to the Docker daemon' }

/** An engine that answers each question, in their order, when it is told to. */
function openSlowEngine() {
  const questions: PromiseWithResolvers<EngineAnswer>[] = []
  const engine: Engine = {
    client: 'docker',
    environment: {},
    scheduler: systemScheduler,
    ask() {
      const question = Promise.withResolvers<EngineAnswer>()
      questions.push(question)
      return question.promise
    },
  }
  return { images: openImages(engine, join(folder, 'images.json')), questions }
}

describe('an image that many runs need at once', () => {
  test('is asked for once', async () => {
    const { images, questions } = openSlowEngine()

    const runs = Array.from({ length: 20 }, () => images.resolve(IMAGE))
    for (const { resolve } of questions) resolve(FOUND)
    const found = await Promise.all(runs)

    expect([questions.length, new Set(found).size]).toEqual([1, 1])
    expect(found[0]).toEqual({ reference: IMAGE, environment: ['A'] })
  })

  test('is asked for again after an engine that was down', async () => {
    const { images, questions } = openSlowEngine()

    const runs = [images.resolve(IMAGE), images.resolve(IMAGE)]
    questions[0]?.resolve(DOWN)
    const refused = await Promise.allSettled(runs)
    const again = images.resolve(IMAGE)
    questions[1]?.resolve(FOUND)

    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await again).toEqual({ reference: IMAGE, environment: ['A'] })
    expect(questions).toHaveLength(2)
  })
})
