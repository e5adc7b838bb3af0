import { Hono } from 'hono'
import { describeRoute, generateSpecs, resolver } from 'hono-openapi'
import manifest from '../../package.json' with { type: 'json' }
import { ADMINISTRATION } from './admin.ts'
import { AGENTS, DASHBOARD_PARTS } from './agents.ts'
import type { Door, Endpoint } from './endpoint.ts'
import { INFERENCE } from './inference.ts'
import { OPERATIONS } from './operations.ts'

/** Every endpoint, in the order of the reference. `test/docs/api.test.ts` compares it with what is mounted. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...INFERENCE,
  ...OPERATIONS,
  ...ADMINISTRATION,
  ...AGENTS,
  ...DASHBOARD_PARTS,
]

const SECURITY: Readonly<Record<Door, Record<string, string[]>[]>> = {
  client: [{ bearer: [] }, { apiKey: [] }],
  admin: [{ adminKey: [] }],
  session: [{ session: [] }],
  open: [],
}

/**
 * The description of the HTTP interface. Described on an application of its own: on the one that serves, each
 * description would be one more step of every request.
 *
 * @see OpenAPI 3.1.1
 */
export async function openApiDocument(): Promise<object> {
  const app = new Hono()
  for (const endpoint of ENDPOINTS) {
    const path = endpoint.path.replace(/\{(\w+)\}/g, ':$1')
    app.on(endpoint.method.toUpperCase(), path, describeRoute(operation(endpoint)), (c) => c.body(null))
  }
  return await generateSpecs(app, {
    excludeStaticFile: false,
    documentation: {
      openapi: '3.1.0',
      info: {
        title: 'lynkr',
        version: manifest.version,
        description: manifest.description,
        license: { name: manifest.license, identifier: manifest.license },
      },
      servers: [{ url: 'http://127.0.0.1:8080', description: 'A lynkr on this machine' }],
      components: { securitySchemes: SECURITY_SCHEMES },
    },
  })
}

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key of lynkr; needed where keys are in force.' },
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'The same, as clients of Anthropic send it.',
  },
  adminKey: { type: 'http', scheme: 'bearer', description: 'The key in admin.key of the data folder.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'lynkr_session',
    description: 'Of the dashboard, opened with the admin key.',
  },
} as const

function operation({ method, path, tag, summary, description, door, query = {}, body, answer, others = {} }: Endpoint) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameter('path', name, ''))
  const inQuery = Object.entries(query).map(([name, says]) => parameter('query', name, says))
  const parameters = [...inPath, ...inQuery]
  return {
    operationId: `${method}${path.replace(/[^a-z0-9]+(\w?)/gi, (_, next: string) => next.toUpperCase())}`,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: SECURITY[door],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: resolver(body) } } },
    }),
    responses: {
      [answer.status]: {
        description: 'Done.',
        ...(answer.type !== undefined && {
          content: { [answer.type]: answer.schema === undefined ? {} : { schema: resolver(answer.schema) } },
        }),
      },
      ...Object.fromEntries(Object.entries(others).map(([status, says]) => [status, { description: says }])),
    },
  }
}

function parameter(place: 'path' | 'query', name: string, description: string) {
  return {
    in: place,
    name,
    required: place === 'path',
    ...(description !== '' && { description }),
    schema: { type: 'string' as const },
  }
}
