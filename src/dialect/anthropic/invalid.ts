import { ProxyError } from '../../core/errors.ts'

/** The request is wrong at `path` (dots and numbers; `''` is the whole body), and how. */
export function invalid(path: string, problem: string): ProxyError {
  if (path === '') return new ProxyError('invalid_request', problem)
  return new ProxyError('invalid_request', `${path}: ${problem}`, { detail: { path } })
}
