import type { Quirks } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import { shortHash } from '../../core/short-hash.ts'
import type { DropList } from '../dropped.ts'

/** The user's id leaves lynkr only as a hash: Claude Code's holds device, account and session. */
export function encodeUserId(userId: string | undefined, quirks: Quirks, dropped: DropList): Json {
  if (userId === undefined) return {}
  if (quirks.userField === undefined) dropped.add('user_id')
  const hash = shortHash(userId)
  return {
    ...(quirks.userField !== undefined && { [quirks.userField]: hash }),
    ...(quirks.promptCacheKey === true && { prompt_cache_key: hash }),
  }
}
