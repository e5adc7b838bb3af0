import type { DialectId } from '../../src/core/dialect.ts'
import { bedrockEnvironment, geminiEnvironment, UPSTREAM_KEY, vertexEnvironment } from './cloud-environment.ts'
import type { Seen } from './scenarios.ts'

/** A way through lynkr: the environment that selects a provider row, and what must be true of each upstream request. */
export interface Lane {
  readonly name: string
  /** What the upstream speaks; it decides the words that claims look for. */
  readonly dialect: DialectId
  readonly env: (simulatorUrl: string) => Readonly<Record<string, string>>
  readonly expectEach: (seen: Seen) => Readonly<Record<string, boolean>>
  /** Only the scenarios that show another dialect at work: the rest does not depend on it. */
  readonly isBrief?: true
}

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
  {
    name: 'bedrock',
    dialect: 'anthropic',
    isBrief: true,
    env: (simulatorUrl) => bedrockEnvironment('bedrock', simulatorUrl),
    expectEach: ({ path, headers, body }) => ({
      'the path names the model': /^\/model\/[^/]*anthropic\.claude-[^/]+\/invoke-with-response-stream$/.test(path),
      'the request is signed': /^AWS4-HMAC-SHA256 /.test(headers.authorization ?? '') && !('x-api-key' in headers),
      'the envelope is that of Bedrock': body.anthropic_version === 'bedrock-2023-05-31' && !('model' in body),
      'the betas stand in the body alone': Array.isArray(body.anthropic_beta) && !('anthropic-beta' in headers),
    }),
  },
  {
    name: 'bedrock-converse',
    dialect: 'bedrock-converse',
    isBrief: true,
    env: (simulatorUrl) => bedrockEnvironment('bedrock-converse', simulatorUrl),
    expectEach: ({ path, headers, body }) => ({
      'the path names the model': /^\/model\/[^/]*anthropic\.claude-[^/]+\/converse-stream$/.test(path),
      'the request is signed': /^AWS4-HMAC-SHA256 /.test(headers.authorization ?? ''),
      'tools have the form of Converse': JSON.stringify(body.toolConfig ?? null).includes('"toolSpec"'),
      'no member of the Messages API is left': ['tools', 'thinking', 'max_tokens'].every((name) => !(name in body)),
    }),
  },
  {
    name: 'gemini',
    dialect: 'gemini',
    isBrief: true,
    env: geminiEnvironment,
    expectEach: ({ path, headers, body }) => ({
      'the path names the model': path === '/v1beta/models/gemini-3.1-pro:streamGenerateContent',
      'the upstream credential is ours': headers['x-goog-api-key'] === UPSTREAM_KEY,
      'tools have the form of Gemini': JSON.stringify(body.tools ?? null).includes('"functionDeclarations"'),
      'no member of the Messages API is left': MESSAGES_MEMBERS.every((member) => !(member in body)),
    }),
  },
  {
    name: 'vertex',
    dialect: 'anthropic',
    isBrief: true,
    env: vertexEnvironment,
    expectEach: ({ path, headers, body }) => ({
      'the path names the model': /\/publishers\/anthropic\/models\/claude-[^/]+:streamRawPredict$/.test(path),
      'the upstream credential is ours': headers.authorization === `Bearer ${UPSTREAM_KEY}`,
      'the envelope is that of Vertex': body.anthropic_version === 'vertex-2023-10-16' && !('model' in body),
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
