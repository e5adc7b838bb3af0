import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { openingOf, sessionOf } from '../../src/pipeline/session.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post, providerAt } from '../support/proxy.ts'

const USER = JSON.stringify({ device_id: 'd', account_uuid: 'a', session_id: 'in-user-id' })

describe('the session of a request is', () => {
  test.each([
    ["Claude Code's header", { 'x-claude-code-session-id': 'cc' }, { prompt_cache_key: 'k' }, 'cc'],
    ["Codex' header", { session_id: 'codex' }, {}, 'codex'],
    ['the cache key', {}, { prompt_cache_key: 'k', user: 'u' }, 'k'],
    ['the session within a user id in JSON', {}, { metadata: { user_id: USER } }, 'in-user-id'],
    ['the session within an older user id', {}, { metadata: { user_id: 'user_x_account_y_session_z' } }, 'z'],
    ['the whole of any other user id', {}, { metadata: { user_id: 'somebody' } }, 'somebody'],
    ['a user id that only begins like JSON', {}, { metadata: { user_id: '{oops' } }, '{oops'],
    ['a JSON user id without a session', {}, { metadata: { user_id: '{}' } }, '{}'],
    ['the user', {}, { user: 'u' }, 'u'],
    ['the safety identifier', {}, { safety_identifier: 's' }, 's'],
    ['none', {}, { metadata: 7, prompt_cache_key: '', user: null }, null],
    ['no empty header', { 'x-claude-code-session-id': '' }, {}, null],
  ])('%s', (_, headers, json, expected) => {
    expect(sessionOf(new Headers(headers), json)).toBe(expected)
  })

  test('never longer than a name, and never a throw, whatever the body holds', () => {
    fc.assert(
      fc.property(fc.object(), fc.string({ minLength: 400, maxLength: 5_000 }), (json, long) => {
        const name = sessionOf(new Headers(), { ...json, metadata: { user_id: `{${long}` } })

        expect(name?.length ?? 0).toBeLessThanOrEqual(512)
        openingOf(json)
      }),
    )
  })
})

test.each([
  ["Codex' header", { 'session-id': 'codex' }, HELLO, 200, 'codex'],
  ['the session within its body', {}, { ...HELLO, metadata: { user_id: USER } }, 200, 'in-user-id'],
  ['a header of a request that is refused unread', { 'x-claude-code-session-id': 'cc' }, [], 400, 'cc'],
])('the record of a request has %s', async (_, headers, body, status, sessionId) => {
  const proxy = await openProxy()

  const response = await post(proxy, body, { headers })

  expect(response.status).toBe(status)
  expect((await proxy.settled(1))[0]?.sessionId).toBe(sessionId)
  await proxy.stop()
})

test('the opening of a conversation stays the same while it grows', () => {
  const start = { system: 'be brief', messages: [{ role: 'user', content: 'hi' }] }
  const grown = {
    ...start,
    messages: [...start.messages, { role: 'assistant', content: 'x' }, { role: 'user', content: 'y' }],
  }

  expect(openingOf(grown)).toBe(openingOf(start))
  expect(openingOf({ ...start, messages: [{ role: 'user', content: 'ho' }] })).not.toBe(openingOf(start))
  expect(openingOf({ instructions: 'a', input: 'b' })).not.toBe(openingOf({ instructions: 'a', input: 'c' }))
})

test('a session stays with one target of a weighted route, and sessions spread', async () => {
  const side = await startSimulator()
  const one = { ...providerAt(side.url), ...CHAT_PROVIDER, id: 'one' }
  const other = { ...one, id: 'other' }
  const targets = [
    { provider: one, model: 'm', weight: 1 },
    { provider: other, model: 'm', weight: 1 },
  ]
  const proxy = await openProxy({
    routes: { providers: [one, other], defaultProvider: one, routes: { split: targets } },
  })
  const ask = async (session: string): Promise<void> => {
    const headers = { 'x-claude-code-session-id': session }
    await (await post(proxy, { ...HELLO, model: 'split' }, { headers })).text()
  }

  for (let i = 0; i < 24; i++) await ask(`session-${i % 12}`)
  const used = proxy.records.map(({ provider }) => provider)

  expect(used.slice(12)).toEqual(used.slice(0, 12))
  expect(new Set(used)).toEqual(new Set(['one', 'other']))
  await Promise.all([proxy.stop(), side.stop()])
})
