import { z } from 'zod'
import { type Endpoint, json } from './endpoint.ts'

const TAG = 'Commands'
const values = z.record(z.string(), z.unknown()).describe('Values by parameter name.')

/** What agents may run on this machine. */
export const AGENTS: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/v1/commands',
    tag: TAG,
    summary: 'Commands that this key may run',
    door: 'client',
    answer: json(z.object({ object: z.literal('list'), data: z.array(z.looseObject({ name: z.string() })) })),
    others: { 401: 'No key, or one that lynkr does not know.' },
  },
  {
    method: 'post',
    path: '/v1/commands/{name}',
    tag: TAG,
    summary: 'Run a command in its container',
    description: 'Output as it comes for clients that accept text/event-stream. Whoever leaves kills the command.',
    door: 'client',
    query: { dry_run: 'Only show what would run.' },
    body: values,
    answer: json(z.looseObject({ ending: z.string(), exit_code: z.int().nullable() })),
    others: {
      401: 'No key, or one that lynkr does not know.',
      403: 'The template, a path or the key forbids it.',
      404: 'There is no such command.',
      503: 'No container engine, or no place in time.',
      504: 'The time limit.',
    },
  },
  {
    method: 'post',
    path: '/mcp',
    tag: TAG,
    summary: 'The same commands over the Model Context Protocol',
    description: 'JSON-RPC, streamable HTTP.',
    door: 'client',
    body: z.looseObject({ jsonrpc: z.literal('2.0'), method: z.string() }),
    answer: json(z.looseObject({})),
    others: { 401: 'No key, or one that lynkr does not know.' },
  },
]

const DASHBOARD = 'Dashboard'
const page = (path: string, summary: string, type: string): Endpoint => ({
  method: 'get',
  path,
  tag: DASHBOARD,
  summary,
  door: 'open',
  answer: { status: 200, type },
})

/** What the page at `/dashboard` is made of. */
export const DASHBOARD_PARTS: readonly Endpoint[] = [
  page('/dashboard', 'The page', 'text/html'),
  page('/dashboard/app.js', 'Its script', 'text/javascript'),
  page('/dashboard/style.css', 'Its looks', 'text/css'),
  {
    ...page('/dashboard/session', 'Whether somebody is logged in', 'application/json'),
    answer: json(z.looseObject({})),
  },
  { ...page('/dashboard/events', 'What happens, as server-sent events', 'text/event-stream'), door: 'session' },
  {
    ...page('/dashboard/login', 'Log in with the admin key', 'text/plain'),
    method: 'post',
    answer: json(z.looseObject({})),
  },
  {
    ...page('/dashboard/logout', 'Log out', 'text/plain'),
    method: 'post',
    door: 'session',
    answer: json(z.looseObject({})),
  },
  {
    ...page('/dashboard/debug', 'Debug lines on or off', 'text/plain'),
    method: 'post',
    door: 'session',
    answer: json(z.looseObject({})),
  },
]
