/** `duty-cycle.ts PID RUN-MS REST-MS`: lets a process run and stand still in turns, until it has ended. */
const [pid = 0, runMs = 0, restMs = 0] = process.argv.slice(2).map(Number)
const clock = new Int32Array(new SharedArrayBuffer(4))

while (tell('SIGSTOP')) {
  Atomics.wait(clock, 0, 0, restMs)
  tell('SIGCONT')
  Atomics.wait(clock, 0, 0, runMs)
}

/** False if there is no such process any more. */
function tell(signal: 'SIGSTOP' | 'SIGCONT'): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
