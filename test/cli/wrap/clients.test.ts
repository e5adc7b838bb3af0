import { describe, expect, test } from 'bun:test'
import { clientNamed, WRAPPED_CLIENTS } from '../../../src/cli/wrap/clients.ts'

const DOOR = { url: 'http://127.0.0.1:4', token: 'the-token' }

describe('clients that lynkr wraps', () => {
  test.each(WRAPPED_CLIENTS.map((client) => [client.id, client] as const))(
    '%s is told where lynkr is and with what',
    (_, client) => {
      const told = JSON.stringify([client.environment(DOOR), client.args(DOOR)])

      expect(told).toContain(DOOR.url)
      expect(told).toContain(DOOR.token)
    },
  )

  test('Codex reads its address from its configuration, its credential from a variable', () => {
    const codex = clientNamed('codex')

    expect(codex.args(DOOR)).toContain('model_providers.lynkr.base_url="http://127.0.0.1:4/v1"')
    expect(codex.args(DOOR).join(' ')).not.toContain(DOOR.token)
  })

  test('any other program gets what the SDKs of both vendors read', () => {
    expect(clientNamed('/opt/agent').environment(DOOR)).toEqual({
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:4',
      ANTHROPIC_AUTH_TOKEN: 'the-token',
      ANTHROPIC_API_KEY: undefined,
      OPENAI_BASE_URL: 'http://127.0.0.1:4/v1',
      OPENAI_API_BASE: 'http://127.0.0.1:4/v1',
      OPENAI_API_KEY: 'the-token',
    })
  })
})
