import { SIMULATED_AWS } from '../../src/simulator/sigv4.ts'

export const UPSTREAM_KEY = 'upstream-key-of-the-test'

/** A model for every name that the row maps to none, as clients of another vendor ask for. */
export const BEDROCK_MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

/** Bedrock by the signatures of an account, which the simulator checks. */
export function bedrockEnvironment(row: 'bedrock' | 'bedrock-converse', simulatorUrl: string): Record<string, string> {
  const prefix = row.toUpperCase().replace('-', '_')
  return {
    MODEL_PROVIDER: row,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: SIMULATED_AWS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: SIMULATED_AWS.secretAccessKey,
    AWS_SESSION_TOKEN: SIMULATED_AWS.sessionToken,
    [`${prefix}_API_BASE`]: simulatorUrl,
    [`${prefix}_MODEL`]: BEDROCK_MODEL,
  }
}

/** A model that refuses a call of its history without the signature that came with it. */
export function geminiEnvironment(simulatorUrl: string): Record<string, string> {
  return {
    MODEL_PROVIDER: 'gemini',
    GEMINI_API_KEY: UPSTREAM_KEY,
    GEMINI_API_BASE: simulatorUrl,
    GEMINI_MODEL: 'gemini-3.1-pro',
  }
}

export function vertexEnvironment(simulatorUrl: string): Record<string, string> {
  return {
    MODEL_PROVIDER: 'vertex',
    GOOGLE_CLOUD_PROJECT: 'a-project',
    VERTEX_ACCESS_TOKEN: UPSTREAM_KEY,
    VERTEX_API_BASE: simulatorUrl,
    VERTEX_MODEL: 'claude-sonnet-4-5@20250929',
  }
}
