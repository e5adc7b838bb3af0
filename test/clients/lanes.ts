import type { Seen } from './scenarios.ts'

/** A way through lynkr: the environment that selects a provider row, and what must be true of each upstream request. */
export interface Lane {
  readonly name: string
  readonly env: (simulatorUrl: string) => Readonly<Record<string, string>>
  readonly expectEach: (seen: Seen) => Readonly<Record<string, boolean>>
}

const UPSTREAM_KEY = 'upstream-key-of-the-test'

export const LANES: readonly Lane[] = [
  {
    name: 'anthropic',
    env: (simulatorUrl) => ({ ANTHROPIC_API_KEY: UPSTREAM_KEY, ANTHROPIC_API_BASE: simulatorUrl }),
    expectEach: ({ path, headers }) => ({
      'the path is the Messages path': path.split('?')[0] === '/v1/messages',
      'anthropic-version is forwarded': headers['anthropic-version'] === '2023-06-01',
      'anthropic-beta is forwarded': headers['anthropic-beta']?.split(',').includes('claude-code-20250219') === true,
      'the upstream credential is ours': headers['x-api-key'] === UPSTREAM_KEY && headers.authorization === undefined,
    }),
  },
]
