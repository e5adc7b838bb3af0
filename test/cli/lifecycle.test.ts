import { expect, test } from 'bun:test'

async function crash(how: 'rejection' | 'exception', where: 'alone' | 'worker' = 'alone') {
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/crash-probe.ts`, how, where], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const lines = (await new Response(child.stdout).text()).split('\n')
  return { lines, code: await child.exited }
}

test('a rejection that nobody handled is logged with its stack, and the process goes on', async () => {
  const { lines, code } = await crash('rejection')

  const logged = lines.find((line) => line.includes('a rejection that nobody handled'))
  expect(logged).toContain('nobody waits for this')
  expect(logged).toContain('crash-probe.ts:')
  expect(lines).toContain('still here')
  expect(code).toBe(0)
})

test('an exception that nobody caught is logged with its stack; the process drains and ends with 1', async () => {
  const { lines, code } = await crash('exception')

  const logged = lines.find((line) => line.includes('an exception that nobody caught'))
  expect(logged).toContain('nobody catches this')
  expect(logged).toContain('crash-probe.ts:')
  expect(lines.indexOf('drained after crash')).toBeLessThan(lines.indexOf('still here'))
  expect(code).toBe(1)
})

test.each([
  ['alone', 'unready'],
  ['worker', 'ready'],
] as const)(
  'after an exception that nobody caught, serving alone or as a worker: %s, the whole is %s',
  async (where, expected) => {
    const { lines, code } = await crash('exception', where)

    expect(lines).toContain(expected)
    expect(code).toBe(1)
  },
)
