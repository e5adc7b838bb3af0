/** Running calls that a later message may cancel. Scopes keep callers and sessions apart; no message cancels a call of none. */
export interface Cancellations {
  /** Registers a call; `done` forgets it. */
  open(scope: string | null, requestId: unknown): { readonly signal: AbortSignal; done(): void }
  /** Aborts a call of the same scope; one that is unknown or over is no error. */
  cancel(scope: string | null, requestId: CallId): void
  /** The same for a message that has reached another worker: the call may run here. */
  adopt(scope: string, requestId: CallId): void
}

/** JSON-RPC's name for a call. */
export type CallId = string | number

/** @param onStranger told of a message that means no call of this process, for other workers to adopt */
export function createCancellations(
  onStranger: (scope: string, requestId: CallId) => void = () => undefined,
): Cancellations {
  // As many entries as calls are running, which the run queue bounds.
  const running = new Map<string, AbortController>()
  const keyOf = (scope: string, requestId: unknown): string => `${scope}\n${JSON.stringify(requestId)}`
  const tryAbort = (scope: string, requestId: CallId): boolean => {
    const call = running.get(keyOf(scope, requestId))
    call?.abort()
    return call !== undefined
  }
  return {
    open(scope, requestId) {
      const abort = new AbortController()
      if (scope === null) return { signal: abort.signal, done: () => undefined }
      const key = keyOf(scope, requestId)
      running.set(key, abort)
      return {
        signal: abort.signal,
        done() {
          if (running.get(key) === abort) running.delete(key)
        },
      }
    },
    cancel(scope, requestId) {
      if (scope !== null && !tryAbort(scope, requestId)) onStranger(scope, requestId)
    },
    adopt: (scope, requestId) => void tryAbort(scope, requestId),
  }
}
