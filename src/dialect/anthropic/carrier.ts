import type { CacheMark } from '../../core/block.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { type Opaque, opaqueMembers } from '../../core/opaque.ts'
import { rest } from './rest.ts'

interface Carried {
  readonly cache?: CacheMark
  readonly opaque?: Opaque
}

/** The unmodelled members as an `opaque`, ready to be spread; nothing if there are none. */
export function carry(members: Json | undefined): { readonly opaque?: Opaque } {
  return members === undefined ? {} : { opaque: { dialect: 'anthropic', members } }
}

/** Cache mark and unmodelled members of a block or tool. `modelled` must name `cache_control`. */
export function decodeCarrier(wire: Json, modelled: ReadonlySet<string>): Carried {
  const others = rest(wire, modelled)
  const { cache_control: control } = wire
  if (control === undefined) return carry(others)
  const cache = tryCacheMark(control)
  if (cache !== null) return { cache, ...carry(others) }
  return carry({ ...others, cache_control: control })
}

/** `null` for forms that are not the two lifetimes; they are carried whole. */
function tryCacheMark(value: unknown): CacheMark | null {
  const wire = tryObject(value)
  if (wire?.type !== 'ephemeral' || rest(wire, CACHE_MEMBERS) !== undefined) return null
  if (wire.ttl === undefined || wire.ttl === '5m') return { ttl: '5m' }
  return wire.ttl === '1h' ? { ttl: '1h' } : null
}

const CACHE_MEMBERS = new Set(['type', 'ttl'])

/** The wire members of a carrier, to be spread behind the modelled ones. */
export function encodeCarrier(carried: Carried): Json {
  const members = opaqueMembers(carried.opaque, 'anthropic')
  if (carried.cache === undefined) return members
  const { ttl } = carried.cache
  return { ...members, cache_control: ttl === '5m' ? { type: 'ephemeral' } : { type: 'ephemeral', ttl } }
}
