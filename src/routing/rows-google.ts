import type { ModelMapping } from '../core/target.ts'
import type { ParameterRow, ProviderRow } from './provider-row.ts'
import { MESSAGES } from './rows-anthropic.ts'
import { CLOUD_BETAS } from './rows-aws.ts'

const PROJECT: ParameterRow = {
  name: 'project',
  title: 'project',
  names: ['ANTHROPIC_VERTEX_PROJECT_ID', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT'],
}
const LOCATION: ParameterRow = {
  name: 'region',
  title: 'region',
  names: ['CLOUD_ML_REGION', 'GOOGLE_CLOUD_LOCATION'],
  fallback: 'global',
}

/** What Vertex AI is, whoever's model runs there. */
const VERTEX = {
  baseUrl: 'https://{region}-aiplatform.googleapis.com',
  regionUrls: {
    global: 'https://aiplatform.googleapis.com',
    us: 'https://aiplatform.us.rep.googleapis.com',
    eu: 'https://aiplatform.eu.rep.googleapis.com',
  },
  baseSuffixes: ['/v1'],
  parameters: [PROJECT, LOCATION],
  bearerNames: ['VERTEX_ACCESS_TOKEN'],
  auth: 'bearer',
  signing: { type: 'google' },
  headers: {},
} as const satisfies Partial<ProviderRow>

/** Up to 4.5 ids end in `@` and a date, later ones have none. Source: model overview, snapshot 2026-08-22. */
const CLAUDE_IDS: readonly ModelMapping[] = [
  ...dated('claude-sonnet-4-5', '20250929'),
  ...dated('claude-haiku-4-5', '20251001'),
  ...dated('claude-opus-4-5', '20251101'),
  ...dated('claude-sonnet-4', '20250514'),
]

function dated(name: string, date: string): ModelMapping[] {
  const to = `${name}@${date}`
  return [
    { from: name, to },
    { from: `${name}-${date}`, to },
  ]
}

const CLAUDE_MODELS = '/v1/projects/{project}/locations/{region}/publishers/anthropic/models'

const GEMINI_MODELS = '/v1/projects/{project}/locations/{region}/publishers/google/models'

/** What rows of servers that speak Gemini share. */
const GEMINI = {
  dialect: 'gemini',
  keyNames: [],
  modelNames: [],
  needsKey: true,
  modelMap: [],
  quirks: {},
  headers: {},
} as const satisfies Partial<ProviderRow>

export const GOOGLE_ROWS: readonly ProviderRow[] = [
  {
    ...GEMINI,
    id: 'gemini',
    title: 'Gemini, by Google AI Studio',
    baseUrl: 'https://generativelanguage.googleapis.com',
    baseSuffixes: ['/v1beta/models', '/v1beta'],
    keyNames: ['GOOGLE_API_KEY'],
    baseNames: [],
    auth: 'x-goog-api-key',
    paths: {
      chat: '/v1beta/models/{model}:generateContent',
      chatStream: '/v1beta/models/{model}:streamGenerateContent?alt=sse',
      countTokens: null,
      models: null,
      embeddings: null,
    },
  },
  {
    ...MESSAGES,
    ...VERTEX,
    id: 'vertex',
    title: 'Claude on Google Vertex AI',
    baseNames: ['ANTHROPIC_VERTEX_BASE_URL'],
    modelMap: CLAUDE_IDS,
    paths: {
      chat: `${CLAUDE_MODELS}/{model}:rawPredict`,
      chatStream: `${CLAUDE_MODELS}/{model}:streamRawPredict`,
      countTokens: `${CLAUDE_MODELS}/count-tokens:rawPredict`,
      models: null,
      embeddings: null,
    },
    quirks: {
      omitModel: true,
      anthropicVersion: 'vertex-2023-10-16',
      betas: { in: 'header', known: CLOUD_BETAS },
    },
  },
  {
    ...GEMINI,
    ...VERTEX,
    id: 'vertex-gemini',
    title: 'Gemini on Google Vertex AI',
    isVariant: true,
    baseNames: [],
    bearerNames: ['VERTEX_API_KEY', 'VERTEX_ACCESS_TOKEN'],
    paths: {
      chat: `${GEMINI_MODELS}/{model}:generateContent`,
      chatStream: `${GEMINI_MODELS}/{model}:streamGenerateContent?alt=sse`,
      countTokens: null,
      models: null,
      embeddings: null,
    },
  },
]
