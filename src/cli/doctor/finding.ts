/** One thing that was looked at. */
export interface Finding {
  readonly check: 'configuration' | 'port' | 'keys' | 'providers' | 'store' | 'docker' | 'clock' | 'limits'
  readonly status: 'ok' | 'warning' | 'problem'
  readonly finding: string
  /** What to do; `null` where nothing is to do. */
  readonly fix: string | null
}

type Check = Finding['check']

export function ok(check: Check, finding: string): Finding {
  return { check, status: 'ok', finding, fix: null }
}

/** It works, but will not always. */
export function warning(check: Check, finding: string, fix: string): Finding {
  return { check, status: 'warning', finding, fix }
}

/** It does not work. */
export function problem(check: Check, finding: string, fix: string): Finding {
  return { check, status: 'problem', finding, fix }
}
