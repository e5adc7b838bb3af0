import { secureBytes } from '../../src/core/random.ts'
import { type Feed, openFeed } from '../../src/dashboard/feed.ts'
import { createDashboard } from '../../src/dashboard/routes.ts'
import { openSessions } from '../../src/dashboard/sessions.ts'
import type { BudgetState } from '../../src/dashboard/wire.ts'
import { createMetrics, type Metrics } from '../../src/observability/recorder.ts'
import { openFakeClock } from '../support/fake-clock.ts'

export const ADMIN_KEY = `lynkr_${'k'.repeat(43)}`

/** A dashboard under a fake clock, with its routes and what stands behind them. */
export function openDashboard() {
  const time = openFakeClock(1_700_000_000_000)
  const metrics: Metrics = createMetrics({ providers: ['one', 'two'], models: ['m'], version: '1', commit: 'c' })
  const budgets: BudgetState[] = []
  const flags = { isDebug: false, isLeaving: false, isStoreDown: false, budgetsAsked: 0 }
  const feed: Feed = openFeed({
    families: metrics.families,
    clock: time.clock,
    scheduler: time.scheduler,
    isDebug: () => flags.isDebug,
    async budgets() {
      flags.budgetsAsked++
      if (flags.isStoreDown) throw new Error('down')
      return budgets
    },
    isLeaving: () => flags.isLeaving,
  })
  const sessions = openSessions(time.clock, secureBytes)
  const app = createDashboard({
    feed,
    sessions,
    isAdminKey: (text) => text === ADMIN_KEY,
    setDebug: (isDebug) => {
      flags.isDebug = isDebug
    },
    othersKnow: () => undefined,
  })
  const post = (path: string, body: object, headers: Record<string, string> = {}): Response | Promise<Response> => {
    const text = JSON.stringify(body)
    const all = { 'content-type': 'application/json', 'content-length': `${text.length}`, ...headers }
    return app.request(`http://127.0.0.1/dashboard/${path}`, { method: 'POST', body: text, headers: all })
  }
  const logIn = async (): Promise<string> => {
    const answer = await post('login', { key: ADMIN_KEY })
    return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  }
  return { budgets, time, metrics, flags, feed, app, sessions, post, logIn }
}
