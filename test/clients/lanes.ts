import type { DialectId } from '../../src/core/dialect.ts'
import type { Seen } from './scenarios.ts'

/** A way through lynkr: the environment that selects a provider row, and what must be true of each upstream request. */
export interface Lane {
  readonly name: string
  /** What the upstream speaks; it decides the words that claims look for. */
  readonly dialect: DialectId
  readonly env: (simulatorUrl: string) => Readonly<Record<string, string>>
  readonly expectEach: (seen: Seen) => Readonly<Record<string, boolean>>
}

const UPSTREAM_KEY = 'upstream-key-of-the-test'

export const LANES: readonly Lane[] = [
  {
    name: 'anthropic',
    dialect: 'anthropic',
    env: (simulatorUrl) => ({ ANTHROPIC_API_KEY: UPSTREAM_KEY, ANTHROPIC_API_BASE: simulatorUrl }),
    expectEach: ({ path, headers }) => ({
      'the path is the Messages path': path.split('?')[0] === '/v1/messages',
      'anthropic-version is forwarded': headers['anthropic-version'] === '2023-06-01',
      'anthropic-beta is forwarded': headers['anthropic-beta']?.split(',').includes('claude-code-20250219') === true,
      'the upstream credential is ours': headers['x-api-key'] === UPSTREAM_KEY && headers.authorization === undefined,
    }),
  },
  {
    name: 'databricks',
    dialect: 'openai-chat',
    env: (simulatorUrl) => databricks('databricks', simulatorUrl),
    expectEach: (seen) => ({
      ...isChatRequest(seen),
      'the path is the Chat path': seen.path === '/serving-endpoints/chat/completions',
      'the model has the name it has there': String(seen.body.model).startsWith('databricks-claude-'),
    }),
  },
  {
    name: 'databricks-invocations',
    dialect: 'openai-chat',
    env: (simulatorUrl) => databricks('databricks-invocations', simulatorUrl),
    expectEach: (seen) => ({
      ...isChatRequest(seen),
      'the path names the endpoint': /^\/serving-endpoints\/databricks-claude-[^/]+\/invocations$/.test(seen.path),
      'the body names no model': !('model' in seen.body),
    }),
  },
  {
    name: 'openai-responses',
    dialect: 'openai-responses',
    env: (simulatorUrl) => ({
      MODEL_PROVIDER: 'openai-responses',
      OPENAI_API_KEY: UPSTREAM_KEY,
      OPENAI_RESPONSES_API_BASE: simulatorUrl,
    }),
    expectEach: ({ path, headers, body }) => ({
      'the path is the Responses path': path === '/v1/responses',
      'the upstream credential is ours': headers.authorization === `Bearer ${UPSTREAM_KEY}`,
      'no member of the Messages API is left': MESSAGES_MEMBERS.every((member) => !(member in body)),
      'no header of the Messages API is left': !('anthropic-beta' in headers) && !('anthropic-version' in headers),
      'nothing is kept there': body.store === false,
    }),
  },
]

const MESSAGES_MEMBERS = ['messages', 'system', 'thinking', 'context_management', 'output_config'] as const

function databricks(row: string, simulatorUrl: string): Readonly<Record<string, string>> {
  return { MODEL_PROVIDER: row, DATABRICKS_API_BASE: simulatorUrl, DATABRICKS_API_KEY: UPSTREAM_KEY }
}

/** Nothing of the Messages API reaches a Chat server, which refuses what it does not know. */
function isChatRequest({ headers, body }: Seen): Readonly<Record<string, boolean>> {
  const members = ['system', 'thinking', 'metadata', 'context_management', 'output_config']
  return {
    'the upstream credential is ours': headers.authorization === `Bearer ${UPSTREAM_KEY}`,
    'no member of the Messages API is left': members.every((member) => !(member in body)),
    'no header of the Messages API is left': !('anthropic-beta' in headers) && !('anthropic-version' in headers),
    'usage is asked for': body.stream !== true || JSON.stringify(body.stream_options) === '{"include_usage":true}',
  }
}
