import { StoreError } from '../core/store.ts'
import type { PartHealth } from '../http/health.ts'
import type { Logger } from '../observability/logger.ts'

/** Notices that a newer lynkr has changed the database that this one has open: it cannot write there ever again. */
export interface OutgrownStore {
  /** Takes every fault of the store, and passes the others on. */
  onFault(cause: unknown): void
  /** `null` until then. */
  health(): PartHealth | null
}

/** Says it once, loudly; the rest of the faults are `onOther`'s. */
export function watchOutgrown(logger: Pick<Logger, 'error'>, onOther: (cause: unknown) => void): OutgrownStore {
  let outgrown: StoreError | null = null
  return {
    onFault(cause) {
      if (!(cause instanceof StoreError) || cause.fault !== 'newer_schema') return onOther(cause)
      if (outgrown === null) logger.error({ err: cause }, MESSAGE)
      outgrown = cause
    },
    health: () => (outgrown === null ? null : { healthy: false, isFinal: true, detail: outgrown.message }),
  }
}

const MESSAGE =
  'a newer lynkr has taken the database over: nothing more is written there, and this one is unready for good'
