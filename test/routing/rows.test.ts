import { describe, expect, test } from 'bun:test'
import { METRIC_BREAKERS_MAX } from '../../src/core/limits.ts'
import { chatPath, targetUrl } from '../../src/core/target.ts'
import { PROVIDER_TABLE } from '../../src/routing/provider-table.ts'
import { loadEnvironment, settingsOf } from '../config/support.ts'

/** Row, what it is told besides its key, and where a streamed request for a model goes. Source: the vendors' pages. */
const PLACES: readonly [row: string, environment: Record<string, string>, url: string][] = [
  ['anthropic', {}, 'https://api.anthropic.com/v1/messages'],
  ['azure-anthropic', { ANTHROPIC_FOUNDRY_RESOURCE: 'r' }, 'https://r.services.ai.azure.com/anthropic/v1/messages'],
  [
    'bedrock',
    { AWS_REGION: 'us-east-1' },
    'https://bedrock-runtime.us-east-1.amazonaws.com/model/m%3A0/invoke-with-response-stream',
  ],
  ['bedrock-mantle', { AWS_REGION: 'eu-west-1' }, 'https://bedrock-mantle.eu-west-1.api.aws/anthropic/v1/messages'],
  ['claude-aws', { AWS_REGION: 'us-west-2' }, 'https://aws-external-anthropic.us-west-2.api.aws/v1/messages'],
  [
    'vertex',
    { GOOGLE_CLOUD_PROJECT: 'p', CLOUD_ML_REGION: 'us-east5' },
    'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/m%3A0:streamRawPredict',
  ],
  ['databricks-anthropic', { DATABRICKS_HOST: 'https://d' }, 'https://d/serving-endpoints/anthropic/v1/messages'],
  ['databricks-gateway', { DATABRICKS_HOST: 'https://d' }, 'https://d/ai-gateway/anthropic/v1/messages'],
  [
    'azure-openai-dated',
    { AZURE_OPENAI_ENDPOINT: 'https://a', OPENAI_API_VERSION: '2024-10-21' },
    'https://a/openai/deployments/m%3A0/chat/completions?api-version=2024-10-21',
  ],
  ['azure-openai', { AZURE_OPENAI_ENDPOINT: 'https://a' }, 'https://a/openai/v1/chat/completions'],
  ['openrouter', {}, 'https://openrouter.ai/api/v1/chat/completions'],
  ['openrouter-anthropic', {}, 'https://openrouter.ai/api/v1/messages'],
  ['zai', {}, 'https://api.z.ai/api/anthropic/v1/messages'],
  ['zai-openai', {}, 'https://api.z.ai/api/paas/v4/chat/completions'],
  ['zai-coding', {}, 'https://api.z.ai/api/coding/paas/v4/chat/completions'],
  ['moonshot', {}, 'https://api.moonshot.ai/anthropic/v1/messages'],
  ['moonshot-openai', {}, 'https://api.moonshot.ai/v1/chat/completions'],
  ['deepseek', {}, 'https://api.deepseek.com/anthropic/v1/messages'],
  ['deepseek-openai', {}, 'https://api.deepseek.com/v1/chat/completions'],
  ['ollama-anthropic', {}, 'http://127.0.0.1:11434/v1/messages'],
  ['ollama-cloud', {}, 'https://ollama.com/v1/chat/completions'],
  ['vllm-anthropic', {}, 'http://127.0.0.1:8000/v1/messages'],
  ['lmstudio-anthropic', {}, 'http://127.0.0.1:1234/v1/messages'],
  ['llamacpp-anthropic', {}, 'http://127.0.0.1:8080/v1/messages'],
]

describe('a streamed request goes', () => {
  test.each(PLACES)('by %s with %p to %s', (row, environment, url) => {
    const key = `${row.toUpperCase().replaceAll('-', '_')}_API_KEY`
    const { defaultProvider } = settingsOf(
      loadEnvironment({ MODEL_PROVIDER: row, PORT: '9', [key]: 'k', ...environment }),
    )
    if (defaultProvider === null) throw new Error('no provider')

    expect(targetUrl({ provider: defaultProvider, model: 'm:0' }, chatPath(defaultProvider.paths, true))).toBe(url)
  })
})

test('every row has a name of its own, and all their breakers can be shown', () => {
  const ids = PROVIDER_TABLE.map(({ id }) => id)

  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeLessThan(METRIC_BREAKERS_MAX)
})

test('an unknown MODEL_PROVIDER that nothing comes near is answered with every row there is', () => {
  const loaded = loadEnvironment({ MODEL_PROVIDER: 'zzzzzzzz' })
  const [message = ''] = 'issues' in loaded ? loaded.issues.map((issue) => issue.message) : []

  for (const { id } of PROVIDER_TABLE) expect(message).toContain(id)
})
