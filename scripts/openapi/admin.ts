import { z } from 'zod'
import { newKeySchema } from '../../src/auth/key-schema.ts'
import { type Endpoint, JSON_TYPE, json } from './endpoint.ts'

const TAG = 'Administration'
const NOT_FOUND = { 404: 'There is none of that name.' }
const DENIED = { 401: 'Not the admin key.' }
/** What asks the store. */
const STORED = { ...DENIED, 529: 'The database cannot be used at the moment; the message says why.' }

const key = z.looseObject({
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('First characters of the secret, to tell keys apart.'),
  user: z.string().nullable(),
  team: z.string().nullable(),
  createdWallMs: z.int(),
  expiresWallMs: z.int().nullable(),
  revokedWallMs: z.int().nullable(),
})
const madeKey = key.extend({ secret: z.string().describe('Shown this once.') })
const NO_MODEL_OR_KEY = 'Nothing can route the model, or there is no such key.'
const known = z.object({
  learned: z.array(z.looseObject({ provider: z.string(), model: z.string(), strips: z.array(z.string()) })),
  configured: z.record(z.string(), z.array(z.string())).describe('By provider: quirks.strips of the configuration.'),
})
const rows = z.object({ data: z.array(z.looseObject({})) })

/** What the operator's own key opens. */
export const ADMINISTRATION: readonly Endpoint[] = [
  stored(admin('get', '/admin/keys', 'All keys, without their secrets', json(z.object({ data: z.array(key) })))),
  {
    ...admin('post', '/admin/keys', 'A new key', { status: 201, type: JSON_TYPE, schema: madeKey }),
    body: newKeySchema,
    others: { ...STORED, 400: 'Every wrong field is named.' },
  },
  { ...admin('get', '/admin/keys/{id}', 'One key', json(key)), others: { ...STORED, ...NOT_FOUND } },
  { ...admin('delete', '/admin/keys/{id}', 'Revoke a key', json(key)), others: { ...STORED, ...NOT_FOUND } },
  {
    ...admin('post', '/admin/keys/{id}/rotate', 'A new secret; the old one stops working', json(madeKey)),
    others: { ...STORED, 400: 'The key was revoked, or has expired.', ...NOT_FOUND },
  },
  {
    ...admin('get', '/admin/usage', 'What was spent', json(rows)),
    query: {
      group_by: 'With commas between: key, user, team, model, provider, day.',
      from: 'First moment, such as 2026-11-01; UTC unless it names a zone; default: 30 days ago.',
      to: 'Moment after the last.',
    },
    others: { ...STORED, 400: 'A group or a moment that is none.' },
  },
  stored(admin('get', '/admin/budgets', 'How every budget stands', json(rows))),
  stored(admin('get', '/admin/ledger', 'Every balance: cap, spent, held, leased', json(rows))),
  stored(
    admin(
      'get',
      '/admin/ledger/verify',
      'Recompute every balance from its journal',
      json(z.object({ ok: z.boolean(), differences: z.array(z.string()) })),
    ),
  ),
  {
    ...admin(
      'post',
      '/admin/circuit-breakers/{name}/reset',
      'Close a circuit breaker',
      json(z.object({ name: z.string(), reset: z.int() })),
    ),
    others: { ...DENIED, ...NOT_FOUND },
  },
  {
    ...admin('post', '/admin/explain', 'What would become of a request; nothing is sent', json(z.looseObject({}))),
    description: 'The body is the request as a client would send it, and its headers count as that client’s.',
    query: {
      surface: 'messages, chat or responses; default: guessed from the body.',
      key: 'Id of the key that would send it, with its scopes and budgets; default: nobody’s.',
    },
    body: z.looseObject({}),
    others: { ...STORED, 400: 'The request is wrong, or the surface is none of these.', 404: NO_MODEL_OR_KEY },
  },
  {
    ...admin(
      'get',
      '/admin/capabilities',
      'What providers were found not to take, and what is configured',
      json(known),
    ),
    query: { format: 'yaml: both as the `providers` of a lynkr.yaml.' },
  },
  admin('delete', '/admin/capabilities', 'Forget what was found', json(z.object({ forgotten: z.int() }))),
]

function admin(method: Endpoint['method'], path: string, summary: string, answer: Endpoint['answer']): Endpoint {
  return { method, path, tag: TAG, summary, door: 'admin', answer, others: DENIED }
}

function stored(endpoint: Endpoint): Endpoint {
  return { ...endpoint, others: STORED }
}
