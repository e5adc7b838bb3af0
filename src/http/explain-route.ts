import { Hono } from 'hono'
import { ProxyError } from '../core/errors.ts'
import { readBody } from '../core/read-body.ts'
import type { Explanation } from '../pipeline/explain.ts'
import { SURFACE_NAMES, type SurfaceName } from '../pipeline/guess-surface.ts'

/** A request to be explained, as it came over HTTP. */
export interface ExplainQuestion {
  /** `null`: guessed from the body. */
  readonly surface: SurfaceName | null
  /** Id of the key that would send it; `null`: nobody's. */
  readonly keyId: string | null
  readonly bytes: Uint8Array
  readonly headers: Headers
}

export interface ExplainRouteDeps {
  readonly requireAdmin: (request: Request) => void
  readonly bodyBytesMax: number
  explain(question: ExplainQuestion): Promise<Explanation>
}

/**
 * `POST /admin/explain?surface=messages|chat|responses&key=ID`, with a client's request as its body and that client's
 * headers beside the admin key: what would become of it. Errors are thrown for the application that mounts this.
 */
export function createExplainRoute({ requireAdmin, bodyBytesMax, explain }: ExplainRouteDeps): Hono {
  const app = new Hono()
  app.post('/admin/explain', async (c) => {
    requireAdmin(c.req.raw)
    const surface = surfaceOf(c.req.query('surface'))
    const bytes = await readBody(c.req.raw, bodyBytesMax)
    const { headers } = c.req.raw
    const explanation = await explain({ surface, keyId: c.req.query('key') ?? null, bytes, headers })
    return c.json(explanation, 200, { 'cache-control': 'no-store' })
  })
  return app
}

function surfaceOf(text: string | undefined): SurfaceName | null {
  if (text === undefined) return null
  const name = SURFACE_NAMES.find((one) => one === text)
  if (name !== undefined) return name
  throw new ProxyError('invalid_request', `surface: must be one of ${SURFACE_NAMES.join(', ')}`, {
    detail: { path: 'surface' },
  })
}
