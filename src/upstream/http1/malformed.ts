/** What a server sent is no HTTP/1.1. Its code says what, for logs and clients. */
export function malformed(what: string): Error {
  return Object.assign(new Error(`the upstream's answer is not HTTP/1.1: ${what}`), { code: 'MALFORMED_HTTP' })
}
