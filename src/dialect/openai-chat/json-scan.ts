/** Tells when a JSON object or array that comes in pieces is complete. Linear in what it is given. */
export interface JsonScan {
  push(piece: string): void
  /** True once the outermost bracket has closed. */
  isComplete(): boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = new Set([0x7b, 0x5b])
const CLOSE = new Set([0x7d, 0x5d])

export function openJsonScan(): JsonScan {
  let depth = 0
  let inString = false
  let isEscaped = false
  let complete = false
  return {
    push(piece) {
      for (let i = 0; i < piece.length; i++) {
        const code = piece.charCodeAt(i)
        if (inString) {
          if (isEscaped) isEscaped = false
          else if (code === BACKSLASH) isEscaped = true
          else if (code === QUOTE) inString = false
        } else if (code === QUOTE) inString = true
        else if (OPEN.has(code)) depth++
        else if (CLOSE.has(code) && --depth === 0) complete = true
      }
    },
    isComplete: () => complete,
  }
}
