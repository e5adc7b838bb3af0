import type { DialectId } from './dialect-id.ts'

/**
 * Members of a wire object that lynkr does not model, carried so that the same dialect can write them back.
 * Another dialect drops them, and must count and name what it dropped.
 */
export interface Opaque {
  readonly dialect: DialectId
  readonly members: Readonly<Record<string, unknown>>
}

/** The members to write back, or nothing if they belong to another dialect. */
export function opaqueMembers(opaque: Opaque | undefined, dialect: DialectId): Readonly<Record<string, unknown>> {
  return opaque !== undefined && opaque.dialect === dialect ? opaque.members : NOTHING
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({})
