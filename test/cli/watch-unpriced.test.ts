import { expect, test } from 'bun:test'
import { watchUnpriced } from '../../src/cli/watch-unpriced.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { attemptRecord, requestRecord } from '../support/request-record.ts'

function openWatch() {
  const lines: string[] = []
  const logger = createLogger({ write: (line) => lines.push(line), flush: async () => undefined }, { level: 'info' })
  const providers = [{ id: 'anthropic' }, { id: 'mine', row: 'openai' }, { id: 'ollama' }]
  const watch = watchUnpriced(logger, () => providers)
  const settle = (provider: string, model: string, costMicroUsd: number | null = null): void =>
    watch(requestRecord({ provider, costMicroUsd, attemptList: [attemptRecord({ provider, model })] }))
  return {
    settle,
    told: () => lines.map((line) => JSON.parse(line)).map(({ provider, model }) => `${provider}/${model}`),
  }
}

test('a model of unknown price is told of once for each provider that sends bills', () => {
  const { settle, told } = openWatch()

  for (let i = 0; i < 3; i++) {
    settle('anthropic', 'claude-next')
    settle('mine', 'gpt-next')
  }
  settle('ollama', 'qwen')
  settle('anthropic', 'claude-opus-5', 0)
  settle('of-another-configuration', 'claude-next')

  expect(told()).toEqual(['anthropic/claude-next', 'mine/gpt-next'])
})

test('of the models that clients name, however many, a hundred are told of', () => {
  const { settle, told } = openWatch()

  for (let i = 0; i < 200; i++) settle('anthropic', `model-${i}`)

  expect(told()).toHaveLength(100)
})
