/**
 * Runs one after the other what is asked for at any moment. Asked while another run waits for its turn, it is that one:
 * however often a reload is asked for, one that begins later has it all.
 *
 * @param run must not reject
 */
export function oneAtATime(run: () => Promise<void>): () => void {
  let last = Promise.resolve()
  let isWaiting = false
  return () => {
    if (isWaiting) return
    isWaiting = true
    last = last.then(() => {
      isWaiting = false
      return run()
    })
  }
}
