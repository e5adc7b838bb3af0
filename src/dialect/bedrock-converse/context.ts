import type { CacheMarkPlaces } from '../../core/cache-marks.ts'
import type { DropList } from '../dropped.ts'
import type { ToolNames } from '../openai-chat/tool-names.ts'

/** What encoders of a request's parts share. */
export interface ConverseContext {
  readonly dropped: DropList
  readonly names: ToolNames
  readonly isClaude: boolean
  readonly cachePlaces: CacheMarkPlaces | null
}
