import type { Commands } from '../core/commands.ts'
import { ProxyError } from '../core/errors.ts'
import type { Interruptible } from '../pipeline/protections.ts'

/** Commands whose runs a shutdown can wait for, and end. */
export interface OpenRuns {
  readonly commands: Commands
  readonly open: ReadonlySet<Interruptible>
}

/** An interrupted run is killed like one whose caller went away; its caller is told why. */
export function trackRuns(commands: Commands): OpenRuns {
  const open = new Set<Interruptible>()
  return {
    open,
    commands: {
      list: (caller) => commands.list(caller),
      plan: (caller, name, values) => commands.plan(caller, name, values),
      async run(caller, name, values, options) {
        const abort = new AbortController()
        const run = { interrupt: (reason: ProxyError) => abort.abort(reason) }
        open.add(run)
        try {
          const signal = AbortSignal.any([options.signal, abort.signal])
          const result = await commands.run(caller, name, values, { ...options, signal })
          if (result.ending === 'cancelled' && abort.signal.reason instanceof ProxyError) throw abort.signal.reason
          return result
        } finally {
          open.delete(run)
        }
      },
    },
  }
}
