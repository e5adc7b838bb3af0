import { describe, expect, test } from 'bun:test'
import { DASHBOARD_WATCHERS_MAX } from '../../src/core/limits.ts'
import { SESSION_MS } from '../../src/dashboard/sessions.ts'
import { ADMIN_KEY, openDashboard } from './support.ts'

const url = (path: string): string => `http://127.0.0.1/dashboard${path}`

describe('the dashboard', () => {
  test.each(['', '/app.js', '/style.css'])(
    'serves %p from itself, under a policy that lets nothing else in',
    async (path) => {
      const { app } = openDashboard()

      const answer = await app.request(url(path))

      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-security-policy')).toStartWith("default-src 'none'; script-src 'self'")
      expect(answer.headers.get('content-security-policy')).not.toContain('unsafe')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.text()).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    },
  )

  test('gives its page to everybody and its data to nobody without a session', async () => {
    const { app, post } = openDashboard()

    expect((await app.request(url('/events'))).status).toBe(401)
    expect((await post('debug', { isDebug: true })).status).toBe(401)
    expect(await (await app.request(url('/session'))).json()).toEqual({ isLoggedIn: false })
  })

  test.each([
    ['a page of another local port', 'GET', { 'sec-fetch-site': 'same-site' }, 403],
    ['a request for the headers alone', 'HEAD', {}, 200],
  ])('gives %s no place to watch from', async (_, method, headers, status) => {
    const { app, logIn } = openDashboard()
    const cookie = await logIn()

    for (let i = 0; i < DASHBOARD_WATCHERS_MAX; i++) {
      const answer = await app.request(url('/events'), { method, headers: { cookie, ...headers } })
      expect(answer.status).toBe(status)
    }

    expect((await app.request(url('/events'), { headers: { cookie } })).status).toBe(200)
  })

  test('tells nothing more to who logs out elsewhere, or whose twelve hours are over', async () => {
    const { app, logIn, post, time } = openDashboard()
    const [one, other] = [await logIn(), await logIn()]
    const open = (cookie: string) => app.request(url('/events'), { headers: { cookie } })
    const streams = (await Promise.all([one, other].map(open))).map((answer) => answer.text())
    time.advance(1_000)

    await post('logout', {}, { cookie: one })
    time.advance(1_000)
    time.advance(SESSION_MS)

    const texts = await Promise.all(streams)
    expect(texts.map((text) => text.match(/event: hello/g)?.length)).toEqual([1, 1])
    expect(texts[0]?.match(/event: tick/g)?.length).toBe(1)
  })

  test('is opened by the admin key, with a cookie that no script reads and no other site sends', async () => {
    const { post } = openDashboard()

    const answer = await post('login', { key: `  ${ADMIN_KEY}\n` })

    expect(answer.status).toBe(200)
    expect(answer.headers.get('set-cookie')).toMatch(
      /^lynkr_dashboard=[A-Za-z0-9_-]{43}; Path=\/dashboard; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    )
  })

  test('sends the cookie over TLS only where it was given over TLS', async () => {
    const { post } = openDashboard()

    const answer = await post('login', { key: ADMIN_KEY }, { 'x-forwarded-proto': 'https' })

    expect(answer.headers.get('set-cookie')).toEndWith('; Secure')
  })

  test.each([[{ key: 'wrong' }], [{ key: '' }], [{ key: 7 }], [{}], [[]]])('is not opened by %j', async (body) => {
    const { post } = openDashboard()

    const answer = await post('login', body)

    expect(answer.status).toBe(401)
    expect(answer.headers.get('set-cookie')).toBeNull()
  })

  test.each([
    ['another site, by the browser’s word', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling domain', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'http://evil.test' }],
    ['an opaque origin', { origin: 'null' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form of text', { 'content-type': 'text/plain' }],
  ])('changes nothing for %s', async (_, headers) => {
    const { post, logIn, flags } = openDashboard()
    const cookie = await logIn()

    expect((await post('debug', { isDebug: true }, { cookie, ...headers })).status).toBe(403)
    expect((await post('login', { key: ADMIN_KEY }, headers)).status).toBe(403)
    expect((await post('logout', {}, { cookie, ...headers })).status).toBe(403)
    expect(flags.isDebug).toBe(false)
  })

  test('switches debug lines for who is logged in', async () => {
    const { post, logIn, flags } = openDashboard()
    const cookie = await logIn()

    const answer = await post('debug', { isDebug: true }, { cookie, host: '127.0.0.1', origin: 'http://127.0.0.1' })

    expect(answer.status).toBe(200)
    expect(flags.isDebug).toBe(true)
  })

  test('forgets a session at logout, and after twelve hours', async () => {
    const { app, post, logIn, time } = openDashboard()
    const first = await logIn()
    const second = await logIn()

    await post('logout', {}, { cookie: first })
    time.advance(SESSION_MS - 1_000)
    const isStillIn = await (await app.request(url('/session'), { headers: { cookie: second } })).json()
    time.advance(1_000)

    expect((await app.request(url('/events'), { headers: { cookie: first } })).status).toBe(401)
    expect(isStillIn).toEqual({ isLoggedIn: true })
    expect((await app.request(url('/events'), { headers: { cookie: second } })).status).toBe(401)
  })

  test('reads no long body', async () => {
    const { post } = openDashboard()

    expect((await post('login', { key: ADMIN_KEY, more: 'x'.repeat(4_096) })).status).toBe(401)
  })
})
