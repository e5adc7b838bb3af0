import type { DialectId } from '../core/dialect-id.ts'
import { FORMS_MISSING_MAX } from '../core/limits.ts'
import type { Target } from '../core/target.ts'
import { fits } from './patterns.ts'
import { targetKey } from './target-key.ts'

/** How long a form that a server does not have is not tried again, in ms: a later version may have it. */
export const FORM_MISSING_TTL_MS = 24 * 60 * 60 * 1_000

/** Statuses with which a server says that it does not have an endpoint. */
const NO_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501])

/** Which of a vendor's forms, that is dialects it can be asked in, a request takes. */
export interface FormChooser {
  /**
   * The targets, each changed to the form of its provider that speaks the client's dialect, if there is one that was not
   * found missing. The same list where nothing changes.
   */
  speaking(targets: readonly Target[], dialect: DialectId, wallMs: number): readonly Target[]
  /** The server has no endpoint for this target's form: it took the same request in its provider's own form. */
  missing(target: Target, wallMs: number): void
  /** Tries again what was found missing at this provider. */
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
