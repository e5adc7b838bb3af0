import type { CacheMark } from '../../core/block.ts'
import type { DropList } from '../openai-chat/dropped.ts'
import type { ToolNames } from '../openai-chat/tool-names.ts'
import type { Json } from '../openai-chat/wire.ts'

/** What encoders of a request's parts share. */
export interface ConverseContext {
  readonly dropped: DropList
  readonly names: ToolNames
  readonly isClaude: boolean
  readonly takesCachePoints: boolean
}

/** A breakpoint as the element that follows what is cached, where the model has such; else it is dropped by name. */
export function cachePoint(cache: CacheMark | undefined, { takesCachePoints, dropped }: ConverseContext): Json[] {
  if (cache === undefined) return []
  if (!takesCachePoints) {
    dropped.add('cache_control')
    return []
  }
  return [{ cachePoint: { type: 'default', ...(cache.ttl === '1h' && { ttl: '1h' }) } }]
}
