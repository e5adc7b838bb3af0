import { expect, test } from 'bun:test'
import { lint } from '../../../src/cli/commands/lint-stream.ts'

function run(text: string, isJson = false) {
  const out: string[] = []
  const err: string[] = []
  const code = lint({
    bytes: new TextEncoder().encode(text),
    name: 'x.sse',
    surface: null,
    isJson,
    print: (line) => out.push(line),
    printError: (line) => err.push(line),
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

const clean = await Bun.file('test/fixtures/anthropic/text.sse').text()

test('lynkr lint-stream says nothing of a clean stream, and ends with 0', () => {
  const { code, out, err } = run(clean)

  expect([code, out]).toEqual([0, ''])
  expect(err).toMatch(/^messages, \d+ events, finished: 0 errors, 0 warnings$/)
})

test('lynkr lint-stream shows file, line and what is wrong, and ends with 1', () => {
  const { code, out } = run(clean.slice(0, clean.indexOf('event: message_stop')))

  expect(code).toBe(1)
  expect(out).toMatch(/^x\.sse:\d+: error: the stream ends without message_stop or an error event$/)
})

test('lynkr lint-stream of what is no stream ends with 2', () => {
  expect(run('{"not":"a stream"}').code).toBe(2)
  expect(run('').code).toBe(2)
})

test('lynkr lint-stream --json is one document', () => {
  expect(JSON.parse(run(clean, true).out)).toMatchObject({ surface: 'messages', ending: 'finished', findings: [] })
})
