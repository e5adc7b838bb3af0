import type { DialectId } from '../core/dialect-id.ts'
import { FORMS_MISSING_MAX } from '../core/limits.ts'
import type { Target } from '../core/target.ts'
import { fits } from './patterns.ts'
import { targetKey } from './target-key.ts'

/** How long a form that a server does not have is left alone, in ms: servers learn too. */
export const FORM_MISSING_TTL_MS = 24 * 60 * 60 * 1_000

/** Statuses with which a server says that it does not have an endpoint. */
const NO_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501])

/** Which form of a vendor a request takes. */
export interface FormChooser {
  /**
   * The targets, each by the form of its provider that speaks the client's dialect, where its row knows one and it was
   * not found missing. The same list where nothing changes.
   */
  speaking(targets: readonly Target[], dialect: DialectId, wallMs: number): readonly Target[]
  /** The server took by its provider's own form what it had no endpoint for in this one. */
  missing(target: Target, wallMs: number): void
  /** What was found missing at this provider may be there now. */
  forget(providerId: string): void
}

/** Remembers at most `FORMS_MISSING_MAX` targets, the oldest forgotten first, and each for a day. */
export function openFormChooser(): FormChooser {
  const missing = new Map<string, number>()

  function isMissing(target: Target, wallMs: number): boolean {
    if (missing.size === 0) return false
    const key = targetKey(target)
    const untilMs = missing.get(key)
    if (untilMs === undefined) return false
    if (untilMs > wallMs) return true
    missing.delete(key)
    return false
  }

  function speak(target: Target, dialect: DialectId, wallMs: number): Target {
    const { provider, model } = target
    if (provider.dialect === dialect || provider.forms === undefined) return target
    const form = provider.forms.find((one) => one.provider.dialect === dialect && fits(one.models, model))
    if (form === undefined) return target
    const spoken = { ...target, provider: form.provider, ownForm: target }
    return isMissing(spoken, wallMs) ? target : spoken
  }

  return {
    speaking(targets, dialect, wallMs) {
      if (targets.every(({ provider }) => provider.forms === undefined)) return targets
      return targets.map((target) => speak(target, dialect, wallMs))
    },
    missing(target, wallMs) {
      const key = targetKey(target)
      missing.delete(key)
      if (missing.size >= FORMS_MISSING_MAX) missing.delete(missing.keys().next().value ?? '')
      missing.set(key, wallMs + FORM_MISSING_TTL_MS)
    },
    forget(providerId) {
      for (const key of missing.keys()) if (key.startsWith(`${providerId}\n`)) missing.delete(key)
    },
  }
}

/** True if a status says that there is no such endpoint, which a server says of unknown models too. */
export function saysNoEndpoint(status: number | undefined): boolean {
  return status !== undefined && NO_ENDPOINT.has(status)
}
