/** Paths inside a compiled executable, where nothing but the executable itself can be started again. */
const EMBEDDED = /^(\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/

/** The words that start this very lynkr again: the executable, or Bun with the source. */
export function ownCommand(...args: readonly string[]): string[] {
  return EMBEDDED.test(Bun.main) ? [process.execPath, ...args] : [process.execPath, Bun.main, ...args]
}
