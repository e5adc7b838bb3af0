import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { systemScheduler } from '../../src/core/clock.ts'
import { ProxyError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { TransportRequest } from '../../src/core/transport.ts'
import { simulatedServiceAccount, TOKEN_PATH } from '../../src/simulator/google-account.ts'
import { SIMULATED_AWS, signatureRefusal } from '../../src/simulator/sigv4.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { openAwsSigner } from '../../src/upstream/aws-signer.ts'
import { fetchTransport } from '../../src/upstream/fetch-transport.ts'
import { openGoogleSigner } from '../../src/upstream/google-signer.ts'
import { openFakeClock } from '../support/fake-clock.ts'

const { accessKeyId, secretAccessKey, sessionToken } = SIMULATED_AWS
const START_MS = Date.UTC(2026, 10, 29, 12)
const HOST = 'bedrock-runtime.us-east-1.amazonaws.com'
const REQUEST: TransportRequest = {
  method: 'POST',
  url: `https://${HOST}/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke`,
  headers: { 'content-type': 'application/json', traceparent: '00-1-1-01' },
  body: '{"messages":[{"role":"user","content":"Grüße 🌍"}]}',
  abort: new AbortController(),
}

async function signed(key: string, request: TransportRequest = REQUEST) {
  const { clock } = openFakeClock(START_MS)
  const auth = { type: 'aws-sigv4', service: 'bedrock', region: 'us-east-1' } as const
  const headers = await openAwsSigner(clock)({ request, auth, key: new Secret(key) })
  const { pathname: path, search: query } = new URL(request.url)
  const body =
    typeof request.body === 'string' ? new TextEncoder().encode(request.body) : (request.body ?? new Uint8Array())
  const sent = { method: request.method, path, query, headers: new Headers({ host: HOST, ...headers }), body }
  return { sent, wallMs: clock.wallMs() }
}

describe('an AWS signature', () => {
  const LONG = `${accessKeyId}:${secretAccessKey}:${sessionToken}`

  test.each([
    ['of an account', `${accessKeyId}:${secretAccessKey}`, REQUEST],
    ['of a session', LONG, REQUEST],
    ['over bytes', LONG, { ...REQUEST, body: new Uint8Array([0xff, 0, 1]) }],
    ['over a view of a larger buffer', LONG, { ...REQUEST, body: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) }],
    ['over a query', LONG, { ...REQUEST, url: `https://${HOST}/a/b?z=1&a=x%20y&a=b` }],
    ['over odd characters in the path', LONG, { ...REQUEST, url: `https://${HOST}/model/a%2Fb(c)'*!~/invoke` }],
    ['without a body', LONG, { ...REQUEST, method: 'GET' as const, body: null }],
  ])('%s is right by an independent reckoning', async (_name, key, request) => {
    const { sent, wallMs } = await signed(key, request)

    expect(signatureRefusal(sent, 'bedrock', wallMs)).toBeNull()
  })

  test('holds for this body, path and time only', async () => {
    const { sent, wallMs } = await signed(LONG)
    const changed = new TextEncoder().encode('{}')

    expect(signatureRefusal({ ...sent, body: changed }, 'bedrock', wallMs)?.errorType).toBe('InvalidSignatureException')
    expect(signatureRefusal({ ...sent, path: '/model/other/invoke' }, 'bedrock', wallMs)).not.toBeNull()
    expect(signatureRefusal(sent, 'bedrock', wallMs + 6 * 60_000)?.message).toStartWith('Signature expired')
    expect(signatureRefusal(sent, 's3', wallMs)).not.toBeNull()
  })

  test('with a wrong secret is refused, and a key that is no pair makes none', async () => {
    const { sent, wallMs } = await signed(`${accessKeyId}:wrong`)

    expect(signatureRefusal(sent, 'bedrock', wallMs)?.errorType).toBe('InvalidSignatureException')
    const kind = await signed('no-pair').then(
      () => 'signed',
      (thrown) => (thrown instanceof ProxyError ? thrown.kind : 'other'),
    )
    expect(kind).toBe('upstream_auth')
  })
})

describe('a Google token', () => {
  let simulator: Simulator
  // Shared with the simulator, which judges when an assertion was made.
  const time = openFakeClock(START_MS)
  beforeAll(async () => {
    simulator = await startSimulator({ clock: time.clock })
  })
  afterEach(() => simulator.clear())
  afterAll(() => simulator.stop())

  function open() {
    const sign = openGoogleSigner({ transport: fetchTransport, clock: time.clock, scheduler: systemScheduler })
    const key = new Secret(simulatedServiceAccount(simulator.url))
    return { key, sign: (one = key) => sign({ request: REQUEST, auth: { type: 'google' }, key: one }) }
  }
  const asked = (): number => simulator.requests().filter(({ path }) => path === TOKEN_PATH).length

  test('is bought with a signed assertion, once for all who wait', async () => {
    const { sign } = open()

    const all = await Promise.all(Array.from({ length: 50 }, () => sign()))

    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer ya29.simulated-access-token']),
    )
    expect(asked()).toBe(1)
  })

  test('is used until ten minutes before its end, then renewed while it is still used', async () => {
    const { sign } = open()
    await sign()

    time.advance(49 * 60_000)
    await sign()
    expect(asked()).toBe(1)
    time.advance(60_000)
    await Promise.all([sign(), sign()])
    await simulator.waitForRequest(({ ordinal, endedMs }) => ordinal === 1 && endedMs !== null)
    expect(asked()).toBe(2)
  })

  test('of gcloud’s own login is bought with its refresh token', async () => {
    const file = {
      type: 'authorized_user',
      client_id: 'c',
      client_secret: 's',
      refresh_token: 'simulated-refresh-token',
    }
    const { sign } = open()

    const headers = await sign(new Secret(JSON.stringify({ ...file, token_uri: `${simulator.url}${TOKEN_PATH}` })))

    expect(headers.authorization).toBe('Bearer ya29.simulated-access-token')
  })

  test('is not looked for in an answer without end', async () => {
    let pieces = 0
    const endless = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              pieces++
              controller.enqueue(new Uint8Array(16 * 1_024).fill(0x20))
            },
          }),
        ),
    })
    const { sign, key } = open()
    const file = { ...JSON.parse(key.reveal()), token_uri: endless.url.href }

    const thrown = await sign(new Secret(JSON.stringify(file))).catch((error: unknown) => error)
    await endless.stop(true)

    expect(thrown).toMatchObject({
      kind: 'upstream_auth',
      message: 'Google gave no access token (200): no token in its answer',
    })
    expect(pieces).toBeLessThan(1_000)
  })

  test.each([
    ['a revoked login', () => ({ type: 'authorized_user', refresh_token: 'revoked' })],
    [
      'an unreadable private key',
      () => ({ private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' }),
    ],
    ['somebody else’s account', () => ({ client_email: 'other@example.com' })],
    ['a file of another kind', () => ({ type: 'external_account' })],
    ['a place where nobody answers', () => ({ token_uri: 'http://127.0.0.1:1/token' })],
  ])('is not to be had with %s, which is the credential’s fault and tells no secret', async (_name, change) => {
    const { sign, key } = open()
    const file = { ...JSON.parse(key.reveal()), ...change() }

    const thrown = await sign(new Secret(JSON.stringify(file))).catch((error: unknown) => error)

    expect(thrown).toBeInstanceOf(ProxyError)
    if (!(thrown instanceof ProxyError)) return
    expect(thrown.kind).toBe('upstream_auth')
    expect(`${thrown.message} ${Bun.inspect(thrown.cause)}`).not.toContain(file.private_key.slice(30, 60))
  })
})
