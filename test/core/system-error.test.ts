import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { systemErrorLine, systemProblem } from '../../src/core/system-error.ts'

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  throw new Error('nothing was thrown')
}

test('an error of the operating system becomes a place and a sentence', () => {
  const missing = thrownBy(() => readFileSync('/nowhere/at-all'))

  expect(systemProblem(missing)).toBe('there is no such file or folder')
  expect(systemErrorLine(missing)).toBe('/nowhere/at-all: there is no such file or folder')
})

test('a port that is taken is named with its address', () => {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  const { port } = server
  const taken = thrownBy(() => Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } }))
  server.stop(true)

  expect(systemErrorLine(taken)).toBe(`127.0.0.1:${port}: another program listens there`)
})

test('any other error keeps its message, and is none of the operating system', () => {
  expect(systemProblem(new Error('a mistake'))).toBe('a mistake')
  expect(systemProblem('text')).toBe('text')
  expect(systemErrorLine(new TypeError('a mistake'))).toBeNull()
})
