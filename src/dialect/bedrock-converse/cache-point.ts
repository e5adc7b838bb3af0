import type { CacheMark } from '../../core/block.ts'
import type { CacheMarkPlaces } from '../../core/cache-marks.ts'
import type { Json } from '../../core/json.ts'
import type { ConverseContext } from './context.ts'

/** Claude before caching came; whoever marks a prompt for it is refused. */
const UNCACHED_CLAUDE = /claude-(v\d|instant|3-(haiku|sonnet|opus)|3-5-sonnet-20240620)/i

const CLAUDE: CacheMarkPlaces = Object.freeze({ tools: true, results: true })

/** Nova refuses a point among its tools, and caches them all the same with what follows. */
const NOVA: CacheMarkPlaces = Object.freeze({ tools: false, results: false })

/**
 * Where a model of Bedrock takes cache points; `null`: nowhere, it would refuse the request.
 *
 * @see Amazon Bedrock User Guide, "Prompt caching for faster model inference": supported models and fields, 2026-08
 */
export function cachePlaces(model: string): CacheMarkPlaces | null {
  if (/anthropic|claude/i.test(model)) return UNCACHED_CLAUDE.test(model) ? null : CLAUDE
  return /nova-(2-)?(micro|lite|pro|premier)/i.test(model) ? NOVA : null
}

/**
 * A breakpoint as the element that follows what is cached, where the model takes one; else it is dropped by name.
 *
 * @param place what it follows; absent: what a person wrote
 */
export function cachePoint(
  cache: CacheMark | undefined,
  { cachePlaces, dropped }: ConverseContext,
  place?: keyof CacheMarkPlaces,
): Json[] {
  if (cache === undefined) return []
  if (cachePlaces === null || (place !== undefined && !cachePlaces[place])) {
    dropped.add('cache_control')
    return []
  }
  return [{ cachePoint: { type: 'default', ...(cache.ttl === '1h' && { ttl: '1h' }) } }]
}
