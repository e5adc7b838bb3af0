/** Said of a value that was written for a shell and read by something else: docker's `--env-file` keeps quotes, say. */
export const IN_QUOTES = 'begins or ends with a quote, which counts as a part of it; write it without'

/** No key and no address begins or ends with a quote. */
export function isQuoted(text: string): boolean {
  return /^["']|["']$/.test(text)
}
