import { describe, expect, test } from 'bun:test'
import { banner, laneReason } from '../../src/cli/banner.ts'
import type { Provider } from '../../src/core/target.ts'
import { providerAt } from '../support/proxy.ts'

const anthropic: Provider = { ...providerAt('http://one'), id: 'anthropic' }
const openai: Provider = { ...providerAt('http://two'), id: 'openai' }

function settings(providers: readonly Provider[], modelProvider?: string) {
  const defaultProvider = providers.find(({ id }) => id === modelProvider) ?? providers[0] ?? null
  return { providers, defaultProvider, modelProvider }
}

describe('the banner', () => {
  test.each([
    [[anthropic], undefined, 'the only provider that is configured'],
    [[anthropic, openai], undefined, 'the first of anthropic, openai; MODEL_PROVIDER takes another'],
    [[openai, anthropic], 'anthropic', 'which MODEL_PROVIDER names; beside it openai'],
    [[anthropic], 'anthropic', 'which MODEL_PROVIDER names'],
  ] as const)('says what was chosen, and why (%#)', (providers, chosen, reason) => {
    const given = settings(providers, chosen)

    expect(laneReason(given)).toBe(reason)
    expect(banner({ url: 'http://here', settings: given, needsKey: true })).toContain(
      `  upstream  anthropic, http://one\n            ${reason}\n`,
    )
  })

  test.each(['0.0.0.0', '[::]'])('the line to paste leads to loopback where lynkr listens on %s', (host) => {
    const text = banner({ url: `http://${host}:8080`, settings: settings([anthropic]), needsKey: true })

    expect(text).toContain(`listens on http://${host}:8080`)
    expect(text).toContain('ANTHROPIC_BASE_URL=http://127.0.0.1:8080 ')
  })

  test('without a provider says what answers, and what to do', () => {
    const text = banner({ url: 'http://here', settings: settings([]), needsKey: false })

    expect(text).toContain('SIMULATOR')
    expect(text).toContain('ANTHROPIC_BASE_URL=http://here ANTHROPIC_AUTH_TOKEN=lynkr claude')
  })
})
