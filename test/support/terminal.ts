import { stripVTControlCharacters } from 'node:util'

/** A program in a pseudo-terminal of its own, and the person who sits at it. */
export interface Terminal {
  readonly pid: number
  /** Everything on the screen so far, without colours and cursor moves. */
  screen(): string
  /** As it came, control sequences included. */
  raw(): string
  /** Resolves once the screen shows it; rejects with the screen if the program ends first. */
  shows(text: string): Promise<void>
  type(keys: string): void
  readonly exited: Promise<number>
}

export const KEYS = { enter: '\r', down: '\x1b[B', space: ' ', ctrlC: '\x03' } as const

export interface TerminalOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly cols?: number
  readonly rows?: number
}

/** Opens a terminal of 80 × 24, unless told otherwise, and runs a command in it. */
export function openTerminal(
  command: readonly string[],
  { env, cwd, cols = 80, rows = 24 }: TerminalOptions,
): Terminal {
  let raw = ''
  let waiting: { text: string; resolve: () => void }[] = []
  const decoder = new TextDecoder()
  const screen = (): string => stripVTControlCharacters(raw).replaceAll('\r', '')
  const child = Bun.spawn([...command], {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', TERM: 'xterm-256color', ...env },
    ...(cwd !== undefined && { cwd }),
    terminal: {
      cols,
      rows,
      data(_terminal, data) {
        raw += decoder.decode(data, { stream: true })
        const shown = screen()
        waiting = waiting.filter(({ text, resolve }) => {
          if (!shown.includes(text)) return true
          resolve()
          return false
        })
      },
    },
  })
  return {
    pid: child.pid,
    screen,
    raw: () => raw,
    async shows(text) {
      if (screen().includes(text)) return
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ text, resolve })
      const ended = child.exited.then(() => 'ended' as const)
      if ((await Promise.race([promise, ended])) === 'ended' && !screen().includes(text)) {
        throw new Error(`the program ended without showing ${JSON.stringify(text)}:\n${screen()}`)
      }
    },
    type: (keys) => void child.terminal?.write(keys),
    exited: child.exited,
  }
}
