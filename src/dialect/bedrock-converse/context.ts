import type { CacheMarkPlaces } from '../../core/cache-marks.ts'
import type { Quirks } from '../../core/dialect.ts'
import type { DropList } from '../dropped.ts'
import type { ToolNames } from '../tools/tool-names.ts'

/** What encoders of a request's parts share. */
export interface ConverseContext {
  readonly quirks: Readonly<Quirks>
  readonly dropped: DropList
  readonly names: ToolNames
  readonly isClaude: boolean
  /** Whether the model goes on with no answer that was begun for it. */
  readonly refusesPrefill: boolean
  readonly cachePlaces: CacheMarkPlaces | null
}
