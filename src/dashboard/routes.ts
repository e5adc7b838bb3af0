import { type Context, Hono } from 'hono'
import { connectionOf } from '../core/connection.ts'
import { ASSETS } from './assets.ts'
import { eventStream } from './event-stream.ts'
import type { Feed } from './feed.ts'
import { comesFromElsewhere, isForeign, readSmallJson } from './form-guard.ts'
import { SESSION_MS, type Sessions } from './sessions.ts'

export interface DashboardDeps {
  readonly feed: Feed
  readonly sessions: Sessions
  /** Compares in constant time. */
  isAdminKey(text: string): boolean
  setDebug(isDebug: boolean): void
  /** Resolves when other workers know, too, of a session that began or ended here. */
  othersKnow(): Promise<void> | void
}

/** Nothing but its own files; no frame around it; no form to anywhere else. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const COOKIE = 'lynkr_dashboard'

/**
 * `/dashboard` and what the page asks for. The page itself is public and empty; data and switches need a session, which
 * the admin key begins. A session's cookie goes with same-site requests only, and every change is refused if another
 * site asks for it.
 */
export function createDashboard({ feed, sessions, isAdminKey, setDebug, othersKnow }: DashboardDeps): Hono {
  const app = new Hono()
  const isLoggedIn = (c: Context): boolean => sessions.isValid(sessionOf(c))

  app.get('/dashboard', (c) => c.body(ASSETS.page.text, 200, { ...HEADERS, 'content-type': ASSETS.page.type }))
  app.get('/dashboard/app.js', (c) =>
    c.body(ASSETS.script.text, 200, { ...HEADERS, 'content-type': ASSETS.script.type }),
  )
  app.get('/dashboard/style.css', (c) =>
    c.body(ASSETS.style.text, 200, { ...HEADERS, 'content-type': ASSETS.style.type }),
  )
  app.get('/dashboard/session', (c) => c.json({ isLoggedIn: isLoggedIn(c) }, 200, HEADERS))
  app.get('/dashboard/events', (c) => {
    // There are few places to watch from, and a page that cannot read anything could still take them all.
    if (comesFromElsewhere(c.req.raw)) return c.json({ error: 'another site asked' }, 403, HEADERS)
    if (!isLoggedIn(c)) return c.json({ error: 'log in first' }, 401, HEADERS)
    // Nobody would read the stream of this one, or end it.
    if (c.req.raw.method === 'HEAD') return c.body(null, 200, { ...HEADERS, 'content-type': 'text/event-stream' })
    const stream = eventStream(feed, () => isLoggedIn(c))
    if (stream === null) return c.json({ error: 'too many watch already' }, 503, HEADERS)
    connectionOf(c.env).keepOpen()
    return c.body(stream, 200, { ...HEADERS, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  })

  app.post('/dashboard/login', async (c) => {
    if (isForeign(c.req.raw)) return c.json({ error: 'another site asked' }, 403, HEADERS)
    const body = await readSmallJson(c.req.raw)
    if (typeof body?.key !== 'string' || !isAdminKey(body.key.trim())) {
      return c.json({ error: 'that is not the admin key' }, 401, HEADERS)
    }
    const secret = sessions.begin()
    await othersKnow()
    return c.json({ isLoggedIn: true }, 200, { ...HEADERS, 'set-cookie': cookie(c, secret, SESSION_MS / 1000) })
  })
  app.post('/dashboard/logout', async (c) => {
    if (isForeign(c.req.raw)) return c.json({ error: 'another site asked' }, 403, HEADERS)
    sessions.end(sessionOf(c))
    await othersKnow()
    return c.json({ isLoggedIn: false }, 200, { ...HEADERS, 'set-cookie': cookie(c, '', 0) })
  })
  app.post('/dashboard/debug', async (c) => {
    if (isForeign(c.req.raw)) return c.json({ error: 'another site asked' }, 403, HEADERS)
    if (!isLoggedIn(c)) return c.json({ error: 'log in first' }, 401, HEADERS)
    const body = await readSmallJson(c.req.raw)
    if (typeof body?.isDebug !== 'boolean') return c.json({ error: 'isDebug: true or false' }, 400, HEADERS)
    setDebug(body.isDebug)
    return c.json({ isDebug: body.isDebug }, 200, HEADERS)
  })
  return app
}

function sessionOf(c: Context): string {
  const match = /(?:^|;\s*)lynkr_dashboard=([A-Za-z0-9_-]{1,64})(?:;|$)/.exec(c.req.header('cookie') ?? '')
  return match?.[1] ?? ''
}

/** Not readable by scripts, sent to the dashboard only and never from another site; over TLS, never without it. */
function cookie(c: Context, secret: string, seconds: number): string {
  const isTls = c.req.url.startsWith('https:') || c.req.header('x-forwarded-proto') === 'https'
  return `${COOKIE}=${secret}; Path=/dashboard; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isTls ? '; Secure' : ''}`
}
