import { describe, expect, test } from 'bun:test'
import { checkProviders } from '../../../src/cli/doctor/check-providers.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { expiredCertificate } from '../../faults/certificates.ts'

/** A provider that answers the question for its models in one way, and a Chat server beside the settings for it. */
async function check(answer: () => Response, wallMs = systemClock.wallMs) {
  using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer })
  return await ask(`http://127.0.0.1:${server.port}`, wallMs)
}

async function ask(url: string, wallMs = systemClock.wallMs, env: Readonly<Record<string, string>> = {}) {
  const loaded = loadSettings({ OPENAI_API_KEY: 'sk-of-the-test', OPENAI_API_BASE: url, ...env }, null)
  if ('issues' in loaded) throw new Error(JSON.stringify(loaded.issues))
  return await checkProviders(loaded.settings, { ...systemClock, wallMs })
}

const models = (headers: Record<string, string> = {}) =>
  Response.json({ data: [{ id: 'a' }, { id: 'b' }] }, { headers })

describe('the doctor on providers', () => {
  test('one that lists its models is well', async () => {
    const [provider] = await check(() => models())

    expect(provider).toMatchObject({
      status: 'ok',
      finding: expect.stringMatching(/^openai answers in \d+ ms, 2 models$/),
    })
  })

  test.each([
    ['a server of other models', {}, ['gpt-5'], 'warning'],
    ['one that is said to answer them with a model of its own', { OPENAI_MODEL: 'gpt-5' }, ['gpt-5'], undefined],
    ['one that lists such a name', {}, ['gpt-5', 'claude-sonnet-4-5-20250929'], undefined],
    ['one that lists nothing', {}, [], undefined],
  ] as const)('whether names of Claude are a problem: %s', async (_, env, ids, status) => {
    const list = () => Response.json({ data: ids.map((id) => ({ id })) })
    using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: list })

    const findings = await ask(`http://127.0.0.1:${server.port}`, systemClock.wallMs, env)

    const [found] = findings.filter(({ finding }) => finding.includes('claude-'))
    expect(found?.status).toBe(status)
    if (found !== undefined) expect(found.fix).toContain('set OPENAI_MODEL')
  })

  test.each([401, 403])('one that answers %i does not take the key', async (status) => {
    const [provider] = await check(() => new Response(null, { status }))

    expect(provider).toEqual({
      check: 'providers',
      status: 'problem',
      finding: `openai refuses the key (${status})`,
      fix: 'Set OPENAI_API_KEY to a key that is valid there.',
    })
  })

  test('a 401 to a question that carried no credential says only that somebody is there', async () => {
    using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response(null, { status: 401 }) })
    const base = `http://127.0.0.1:${server.port}`
    const loaded = loadSettings(
      { ANTHROPIC_CREDENTIAL: 'client', ANTHROPIC_API_BASE: base, MODEL_PROVIDER: 'anthropic' },
      null,
    )
    if ('issues' in loaded) throw new Error(JSON.stringify(loaded.issues))

    expect(await checkProviders(loaded.settings, systemClock)).toMatchObject([{ status: 'ok' }, { check: 'clock' }])
  })

  test('one that answers something else is named with its answer, never followed elsewhere', async () => {
    const [provider] = await check(() => Response.redirect('http://127.0.0.1:1/'))

    expect(provider).toMatchObject({ status: 'warning', finding: expect.stringContaining('answers 302') })
  })

  test('one that does not answer is named with the reason and the variable that sets its address', async () => {
    const [provider] = await ask('http://127.0.0.1:1')

    const finding = 'openai: http://127.0.0.1:1 does not answer (nothing listens there)'
    expect(provider).toMatchObject({ status: 'problem', finding })
  })

  test('one behind a proxy of another kind is said to have one', async () => {
    const { HTTP_PROXY: before } = process.env
    process.env.HTTP_PROXY = 'socks5://127.0.0.1:1'

    const [provider] = await ask('http://model.invalid').finally(() => {
      if (before === undefined) delete process.env.HTTP_PROXY
      else process.env.HTTP_PROXY = before
    })

    expect(provider).toMatchObject({ status: 'problem', finding: expect.stringContaining('not one of http://') })
  })

  test('one whose certificate is not trusted is said to be there, and what makes it trusted', async () => {
    using server = Bun.serve({ port: 0, hostname: '127.0.0.1', tls: expiredCertificate(), fetch: () => models() })
    const [provider] = await ask(`https://127.0.0.1:${server.port}`)

    expect(provider).toMatchObject({
      status: 'problem',
      finding: expect.stringMatching(/the certificate of .* is not trusted/),
      fix: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    })
  })

  test.each([
    [0, 'ok'],
    [6_000, 'ok'],
    [12_000, 'warning'],
    [-90_000, 'problem'],
  ] as const)('a clock that is %i ms ahead is %s', async (aheadMs, status) => {
    const wallMs = Date.parse('2026-11-22T12:00:00Z')
    const date = new Date(wallMs).toUTCString()

    const findings = await check(
      () => models({ date }),
      () => wallMs + aheadMs * 0.8,
    )

    expect(findings.at(-1)).toMatchObject({ check: 'clock', status })
  })

  test('none at all is a warning: the simulator answers', async () => {
    const loaded = loadSettings({}, null)
    if ('issues' in loaded) throw new Error('the empty configuration is right')

    expect(await checkProviders(loaded.settings, systemClock)).toMatchObject([{ status: 'warning' }])
  })
})
