import type { KeyRecord, UsageRow } from '../../src/core/store.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')

let serial = 0

export function keyRecord(over: Partial<KeyRecord> = {}): KeyRecord {
  const id = `key_${serial++}`
  return {
    id,
    name: 'laptop',
    hash: `hash-${id}`,
    prefix: 'lynkr_ab',
    user: 'ada',
    team: null,
    scopes: {
      models: ['claude-*'],
      denyModels: ['claude-opus-*'],
      providers: [],
      surfaces: ['messages'],
      paths: [],
      denyPaths: ['/v1/models'],
      tools: ['Read'],
      denyTools: [],
      commands: [],
      priority: 'main',
      requestsPerMinute: 60,
      tokensPerMinute: null,
      concurrentRequests: null,
    },
    createdWallMs: WALL,
    expiresWallMs: null,
    revokedWallMs: null,
    ...over,
  }
}

export function usageRow(over: Partial<UsageRow> = {}): UsageRow {
  return {
    requestId: `req_${serial++}`,
    wallMs: WALL,
    keyId: 'k1',
    user: 'ada',
    team: 'red',
    surface: 'messages',
    provider: 'anthropic',
    model: 'm',
    inputTokens: 1,
    cacheReadTokens: 2,
    cacheWriteTokens: 3,
    outputTokens: 4,
    costMicroUsd: 5,
    isEstimated: false,
    ...over,
  }
}
