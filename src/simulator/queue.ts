import { demoScript } from './demo.ts'
import type { Profile } from './profile.ts'
import type { InferenceRequest } from './request.ts'
import type { Script } from './script.ts'

/** Scripts waiting, first come first served; bounded, as a forgotten bench must not fill the memory. */
const SCRIPTS_MAX = 100_000

export interface ScriptQueue {
  enqueue(scripts: readonly Script[]): void
  setDefault(scripts: readonly Script[]): void
  /**
   * The first waiting script that matches, taken; else the first default that does; else what the demo would say.
   * Operations other than inference only get scripts that name them in `match.operation`.
   */
  next(request: InferenceRequest): Script
  clear(): void
  size(): number
}

export function openScriptQueue(): ScriptQueue {
  let waiting: Script[] = []
  let defaults: readonly Script[] = []
  return {
    enqueue(scripts) {
      if (waiting.length + scripts.length > SCRIPTS_MAX) throw new Error(`more than ${SCRIPTS_MAX} scripts are waiting`)
      waiting.push(...scripts)
    },
    setDefault(scripts) {
      defaults = scripts
    },
    next(request) {
      const at = waiting.findIndex((script) => matches(script, request))
      if (at >= 0) return waiting.splice(at, 1)[0] ?? {}
      return defaults.find((script) => matches(script, request)) ?? fallback(request)
    },
    clear() {
      waiting = []
      defaults = []
    },
    size: () => waiting.length,
  }
}

function fallback(request: InferenceRequest): Script {
  return request.profile.operation === 'inference' ? demoScript(request) : {}
}

function matches({ match = {} }: Script, request: InferenceRequest): boolean {
  const operation: Profile['operation'] = match.operation ?? 'inference'
  return (
    operation === request.profile.operation &&
    (match.model === undefined || request.model.includes(match.model)) &&
    (match.text === undefined || request.lastUserText.includes(match.text)) &&
    (match.tools === undefined || match.tools === request.hasTools) &&
    (match.toolResult === undefined || match.toolResult === request.endsWithToolResult)
  )
}
