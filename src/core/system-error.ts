/** What the codes of the operating system mean to the person at the terminal. */
const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ECONNREFUSED: 'nothing listens there',
  EEXIST: 'something is there already',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is no folder',
  ENOTFOUND: 'no address has that name',
  EPERM: 'permission is denied',
  EROFS: 'it lies on a file system that cannot be written',
}

/** An error of the operating system, or of a driver, that names itself by a code such as `ENOENT`. */
export function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

/**
 * What went wrong, for a person: a sentence for the codes of the operating system, else the error's own message.
 *
 * @param thrown whatever was thrown
 */
export function systemProblem(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return (isSystemError(thrown) && SENTENCES[thrown.code]) || thrown.message
}

/**
 * An error of the operating system as one line, "place: what is wrong".
 *
 * @returns `null` for any other: it is a mistake of ours, and its stack is worth more
 */
export function systemErrorLine(thrown: unknown): string | null {
  if (!isSystemError(thrown) || !('syscall' in thrown)) return null
  const { path, address, port } = thrown as { path?: string; address?: string; port?: number }
  const place = path ?? (address === undefined ? null : `${address}${port === undefined ? '' : `:${port}`}`)
  return `${place === null ? '' : `${place}: `}${systemProblem(thrown)}`
}
