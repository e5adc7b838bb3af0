/** Closes a `switch` over a union: a new member that nobody handles becomes a type error here, and a crash in tests. */
export function assertNever(value: never): never {
  throw new Error(`unhandled member: ${JSON.stringify(value)}`)
}

/** States an invariant of our own code. A failure is a bug in lynkr, never a property of the input. */
export function assert(holds: boolean, invariant: string): asserts holds {
  if (!holds) throw new Error(`invariant broken: ${invariant}`)
}
