import type { z } from 'zod'

export type Method = 'get' | 'post' | 'delete'

/** Whose key opens it: any client's, the operator's, the dashboard's session, or none. */
export type Door = 'client' | 'admin' | 'session' | 'open'

/** One endpoint, as the reference shows it. Bodies without a schema are texts or the vendors' own formats. */
export interface Endpoint {
  readonly method: Method
  /** With `{name}` for what varies. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly door: Door
  readonly query?: Readonly<Record<string, string>>
  readonly body?: z.ZodType
  /** Without a type it has no body. */
  readonly answer: { readonly status: number; readonly type?: string; readonly schema?: z.ZodType }
  /** Answers besides: status and what it means. */
  readonly others?: Readonly<Record<number, string>>
}

export const JSON_TYPE = 'application/json'

/** A JSON answer of 200. */
export function json(schema: z.ZodType): Endpoint['answer'] {
  return { status: 200, type: JSON_TYPE, schema }
}
