import type { CommandOutput } from '../core/commands.ts'
import { createRedactor } from './redact.ts'

/** Counts what a run writes, on both of its streams together. */
export interface Meter {
  /** Takes a chunk's length, gives how much of it is still within the limit. */
  take(length: number): number
  bytes(): number
}

/** @param onFull told with each chunk that is over the limit */
export function createMeter(bytesMax: number, onFull: () => void): Meter {
  let bytes = 0
  return {
    take(length) {
      const allowed = Math.max(0, Math.min(length, bytesMax - bytes))
      bytes += allowed
      if (allowed < length) onFull()
      return allowed
    },
    bytes: () => bytes,
  }
}

/** Reads a stream to its end, so that the client can never block on it; beyond the limit nothing is kept. */
export async function pump(
  stream: ReadableStream<Uint8Array>,
  meter: Meter,
  secrets: readonly string[],
  write: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const redactor = createRedactor(secrets)
  const emit = (text: string): void => {
    if (text !== '') write(text)
  }
  let isCut = false
  for await (const chunk of stream) {
    const allowed = meter.take(chunk.length)
    isCut ||= allowed < chunk.length
    if (allowed > 0) emit(redactor.push(decoder.decode(chunk.subarray(0, allowed), { stream: true })))
  }
  emit(redactor.push(decoder.decode()))
  emit(redactor.end(isCut))
}

/** What the docker client's own errors begin with, on stderr. */
const ENGINE_ERROR = 'docker: '

/** Warnings may come before, such as of an image for another platform; commands may write such lines too. */
const WARNING = 'WARNING: '
const WARNINGS = /^(?:WARNING: .*\n)*/
const WARNINGS_CHARS_MAX = 4_096

/** No error of the client is as long; what is held is looked at from its beginning with every piece. */
const ENGINE_ERROR_CHARS_MAX = 16_384

/** Whether a text is, or may become, an error of the client. */
function mayBeEngineError(text: string): boolean {
  const rest = text.replace(WARNINGS, '')
  if (rest.startsWith(ENGINE_ERROR) || ENGINE_ERROR.startsWith(rest)) return true
  return text.length < WARNINGS_CHARS_MAX && (rest.startsWith(WARNING) || WARNING.startsWith(rest))
}

/**
 * Text on stderr that begins like an error of the client is held back until the exit code tells whose it was: the
 * engine's belongs in lynkr's log, as it names paths of the host.
 */
export function holdEngineErrors(onOutput: (output: CommandOutput) => void) {
  let held: string | null = ''
  const pass = (text: string): void => onOutput({ stream: 'stderr', text })
  return {
    push(text: string): void {
      if (held === null) return pass(text)
      held += text
      if (held.length <= ENGINE_ERROR_CHARS_MAX && mayBeEngineError(held)) return
      pass(held)
      held = null
    },
    /** Gives the engine's error, or passes on what was held because the command itself wrote it. */
    end(isEngineExit: boolean): string | null {
      if (held === null || held === '') return null
      if (isEngineExit && held.replace(WARNINGS, '').startsWith(ENGINE_ERROR)) return held
      pass(held)
      return null
    },
  }
}
