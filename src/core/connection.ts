/** What a route may do to the connection that its request came by. */
export interface ConnectionControl {
  /** Lets it be silent from here on: an answer is watched by whoever writes it. */
  keepOpen(): void
  /** The answer is written: for the next request the connection waits as long as any other. */
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
