import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { isSystemError } from '../../core/system-error.ts'

/**
 * Why a connection could not be made: Bun calls it refused where no descriptor was left for its socket, too, which is
 * nothing that the server did. Asks the system, so that it is for failures alone.
 *
 * @returns what the system says, with code `EMFILE` or `ENFILE`, if it has no descriptor now; else what was thrown
 */
export function orNoDescriptor(thrown: unknown): unknown {
  try {
    closeSync(openSync(devNull, 'r'))
    return thrown
  } catch (lacking) {
    return isLack(lacking) ? lacking : thrown
  }
}

/** Not all systems have such a device. */
function isLack(thrown: unknown): boolean {
  return isSystemError(thrown) && (thrown.code === 'EMFILE' || thrown.code === 'ENFILE')
}
