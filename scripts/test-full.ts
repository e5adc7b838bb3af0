/**
 * `bun run test:full`: what the other scripts do in a minute each, with the counts of the specification. Takes hours;
 * every part prints its own table, and the last line counts the parts.
 */
const PARTS: readonly { readonly command: readonly string[]; readonly env?: Readonly<Record<string, string>> }[] = [
  { command: ['run', 'test', '--timeout', '3600000'], env: { LYNKR_TEST_FULL: '1' } },
  { command: ['run', 'test:plain'] },
  { command: ['run', 'test:budget-race'] },
  { command: ['run', 'test:sandbox-runs', '--full'] },
  { command: ['run', 'test:restarts'] },
  { command: ['run', 'test:overload'] },
  { command: ['run', 'test:soak', '--minutes', '30'] },
]

let failed = 0
for (const { command, env } of PARTS) {
  console.log(`== bun ${command.join(' ')}`)
  const part = Bun.spawn([process.execPath, ...command], {
    env: { ...process.env, ...env },
    stdio: ['inherit', 'inherit', 'inherit'],
  })
  const code = await part.exited
  if (code !== 0) failed++
  console.log(`== bun ${command.join(' ')}: ${code === 0 ? 'ok' : `FAILED (${code})`}`)
}
console.log(`${PARTS.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
