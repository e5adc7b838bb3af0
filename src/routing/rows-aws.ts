import type { ModelMapping } from '../core/target.ts'
import type { ParameterRow, ProviderRow } from './provider-row.ts'
import { MESSAGES } from './rows-anthropic.ts'

const REGION: ParameterRow = { name: 'region', title: 'region', names: ['AWS_REGION', 'AWS_DEFAULT_REGION'] }

/**
 * Names of Claude at Bedrock, through the inference profile that serves from every region. Ids carry a date and a
 * version up to 4.5, a version alone at Opus 4.6, neither since. Source: model overview, snapshot 2026-08-22.
 */
const CLAUDE_IDS: readonly ModelMapping[] = [
  ...dated('claude-sonnet-4-5', '20250929'),
  ...dated('claude-haiku-4-5', '20251001'),
  ...dated('claude-opus-4-5', '20251101'),
  ...dated('claude-sonnet-4', '20250514'),
  { from: 'claude-opus-4-6', to: 'global.anthropic.claude-opus-4-6-v1' },
  { from: 'claude-*', to: 'global.anthropic.claude-*' },
]

function dated(name: string, date: string): ModelMapping[] {
  const to = `global.anthropic.${name}-${date}-v1:0`
  return [
    { from: name, to },
    { from: `${name}-${date}`, to },
  ]
}

/** Betas that Claude on a cloud knows, by their beginnings; one that it does not know makes it refuse the request. */
export const CLOUD_BETAS = [
  'computer-use-',
  'context-1m-',
  'context-management-',
  'effort-',
  'fine-grained-tool-streaming-',
  'interleaved-thinking-',
  'output-128k-',
  'token-efficient-tools-',
  'tool-examples-',
  'tool-search-tool-',
] as const

/** What every form of Bedrock shares: a bearer key of its own, or a signature with the account's. */
const BEDROCK = {
  baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
  parameters: [REGION],
  keyNames: ['AWS_BEARER_TOKEN_BEDROCK'],
  auth: 'bearer',
  signing: { type: 'aws-sigv4', service: 'bedrock' },
  modelMap: CLAUDE_IDS,
  headers: {},
} as const satisfies Partial<ProviderRow>

export const AWS_ROWS: readonly ProviderRow[] = [
  {
    ...MESSAGES,
    ...BEDROCK,
    id: 'bedrock',
    title: 'Amazon Bedrock, Claude by InvokeModel',
    framing: 'bedrock-chunks',
    baseSuffixes: [],
    baseNames: ['ANTHROPIC_BEDROCK_BASE_URL'],
    paths: {
      chat: '/model/{model}/invoke',
      chatStream: '/model/{model}/invoke-with-response-stream',
      countTokens: null,
      models: null,
      embeddings: null,
    },
    quirks: {
      omitModel: true,
      omitStream: true,
      anthropicVersion: 'bedrock-2023-05-31',
      // Converse has no form for it.
      betas: { in: 'body', known: [...CLOUD_BETAS, 'compact-'] },
    },
  },
  {
    ...MESSAGES,
    ...BEDROCK,
    id: 'bedrock-converse',
    title: 'Amazon Bedrock, every model by Converse',
    isVariant: true,
    dialect: 'bedrock-converse',
    framing: 'aws-event-stream',
    baseSuffixes: [],
    paths: {
      chat: '/model/{model}/converse',
      chatStream: '/model/{model}/converse-stream',
      countTokens: null,
      models: null,
      embeddings: null,
    },
    quirks: { betas: { in: 'body', known: CLOUD_BETAS } },
  },
  {
    ...MESSAGES,
    ...BEDROCK,
    id: 'bedrock-mantle',
    title: 'Amazon Bedrock, its Messages form ("Mantle")',
    isVariant: true,
    baseUrl: 'https://bedrock-mantle.{region}.api.aws/anthropic',
    baseNames: ['ANTHROPIC_BEDROCK_MANTLE_BASE_URL'],
    auth: 'x-api-key',
    modelMap: [{ from: 'claude-*', to: 'anthropic.claude-*', dropsDate: true }],
    paths: { ...MESSAGES.paths, countTokens: null, models: null },
    quirks: { betas: { in: 'header', known: CLOUD_BETAS } },
    headers: MESSAGES.headers,
  },
  {
    ...MESSAGES,
    id: 'claude-aws',
    title: 'Claude Platform on AWS',
    baseUrl: 'https://aws-external-anthropic.{region}.api.aws',
    parameters: [REGION, { name: 'workspace', title: 'workspace id', names: ['ANTHROPIC_AWS_WORKSPACE_ID'] }],
    keyNames: ['ANTHROPIC_AWS_API_KEY'],
    baseNames: ['ANTHROPIC_AWS_BASE_URL'],
    signing: { type: 'aws-sigv4', service: 'aws-external-anthropic' },
    quirks: { threads: true },
    headers: { ...MESSAGES.headers, 'anthropic-workspace-id': '{workspace}' },
  },
]
