/** Host and port as they stand in an address, an IPv6 host in its brackets. @see RFC 3986 §3.2 */
export function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The same as this machine reaches it: who listens everywhere listens on loopback. */
export function localAuthority(host: string, port: number): string {
  return authority(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port)
}
