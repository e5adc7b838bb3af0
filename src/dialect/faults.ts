import { ProxyError } from '../core/errors.ts'

/** The client's fault: the request is wrong at `path` (dots and numbers; `''` is the whole body), and how. */
export function invalid(path: string, wrong: string): ProxyError {
  return new ProxyError('invalid_request', path === '' ? wrong : `${path}: ${wrong}`, { detail: { path } })
}

/** The upstream's fault: an answer that is not of this dialect. */
export function malformed(wrong: string): ProxyError {
  return new ProxyError('upstream_malformed', `the upstream's answer is malformed: ${wrong}`)
}
