/** What a route may do to the connection of its request. */
export interface ConnectionControl {
  /** Switches its idle timeout off: from here on whoever writes the answer watches for silence. */
  keepOpen(): void
  /** The answer is written: the idle timeout applies again. */
  rest(): void
}

const NO_CONTROL: ConnectionControl = { keepOpen: () => undefined, rest: () => undefined }

/** The control behind `app.fetch`'s second argument, if there is one: tests call applications without a server. */
export function connectionOf(env: unknown): ConnectionControl {
  return isControl(env) ? env : NO_CONTROL
}

function isControl(env: unknown): env is ConnectionControl {
  return typeof env === 'object' && env !== null && 'keepOpen' in env && 'rest' in env
}
