import { expect, test } from 'bun:test'
import { ProxyError } from '../../src/core/errors.ts'
import { LOG_WORDS_CHARS_MAX } from '../../src/core/limits.ts'
import { Secret } from '../../src/core/secret.ts'
import { createLogger } from '../../src/observability/logger.ts'

function openLog() {
  const lines: string[] = []
  return {
    lines,
    logger: createLogger({ write: (line) => lines.push(line), flush: async () => undefined }, { level: 'info' }),
  }
}

test('a secret among the fields, however deep, is not printed', () => {
  const { lines, logger } = openLog()
  const apiKey = new Secret('canary-1')

  logger.info({ apiKey, provider: { auth: { keys: [apiKey] } }, text: `key ${apiKey}` }, `with ${apiKey}`)

  expect(lines[0]).not.toContain('canary')
  expect(lines[0]).toContain('[redacted]')
})

test('an error keeps its type and message, without what looks like a credential', () => {
  const { lines, logger } = openLog()

  logger.error({ err: new ProxyError('upstream_auth', 'rejected key sk-ant-api03-canary') }, 'upstream refused')

  const { err } = JSON.parse(lines[0] ?? '')
  expect(err.message).toBe('rejected key [redacted]')
  expect(lines[0]).not.toContain('canary')
})

test('an error is called by its own name, whatever the executable made of the name of its class', () => {
  const { lines, logger } = openLog()
  const Shortened = class C extends Error {
    override readonly name = 'StoreError'
  }

  logger.error({ err: new Shortened('the disk is full') }, 'the store cannot be used')

  expect(JSON.parse(lines[0] ?? '').err.type).toBe('StoreError')
})

test('words of others are cut, however much of them there is', () => {
  const { lines, logger } = openLog()
  const words = 'x'.repeat(8 * 1024 * 1024)

  logger.warn({ said: words, err: new ProxyError('upstream_error', words) }, words)

  const { msg, said, err } = JSON.parse(lines[0] ?? '')
  expect([msg, said, err.message]).toEqual(Array.from({ length: 3 }, () => `${'x'.repeat(LOG_WORDS_CHARS_MAX)}…`))
  expect(err.stack.length).toBeLessThanOrEqual(LOG_WORDS_CHARS_MAX + 1)
})

test('a line below the level is not written', () => {
  const { lines, logger } = openLog()

  logger.debug({}, 'small talk')

  expect(lines).toEqual([])
  expect(logger.isEnabled('debug')).toBe(false)
  expect(logger.isEnabled('warn')).toBe(true)
})
