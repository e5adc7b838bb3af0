import { describe, expect, test } from 'bun:test'
import { normalizeHttpPath } from '../../src/policy/http-path.ts'

describe('a request path', () => {
  test.each([
    ['/v1/messages', '/v1/messages'],
    ['/v1/messages/', '/v1/messages'],
    ['/', '/'],
    ['/v1/mess%61ges', '/v1/messages'],
    ['/v1/models/anthropic.claude-3', '/v1/models/anthropic.claude-3'],
    ['/v1/models/na%C3%AFve', '/v1/models/naïve'],
    ['/v1/..a', '/v1/..a'],
    ['/100%25', '/100%'],
  ])('%s is compared as %s', (raw, path) => {
    expect(normalizeHttpPath(raw)).toEqual({ ok: true, path })
  })

  test.each([
    ['v1/messages', 'not_absolute'],
    ['/v1/../admin', 'dot_component'],
    ['/v1/%2e%2e/admin', 'dot_component'],
    ['/v1/.%2e/admin', 'dot_component'],
    ['/v1/./messages', 'dot_component'],
    ['//v1/messages', 'dot_component'],
    ['/v1//messages', 'dot_component'],
    ['/v1%2fmessages', 'encoded_slash'],
    ['/v1%2Fmessages', 'encoded_slash'],
    ['/v1/%252e%252e/admin', 'double_encoding'],
    ['/v1/%00', 'control_character'],
    ['/v1/%0a', 'control_character'],
    ['/v1/%5cadmin', 'backslash'],
    ['/v1\\admin', 'backslash'],
    ['/v1/%c0%ae%c0%ae/', 'not_unicode'],
    ['/v1/%ff', 'not_unicode'],
    ['/v1/%', 'not_unicode'],
  ])('%s is refused: %s', (raw, rule) => {
    const verdict = normalizeHttpPath(raw)

    expect(verdict).toMatchObject({ ok: false, rule })
  })

  test('a path may have 4096 characters and not one more', () => {
    expect(normalizeHttpPath(`/${'a'.repeat(4095)}`).ok).toBe(true)
    expect(normalizeHttpPath(`/${'a'.repeat(4096)}`)).toMatchObject({ ok: false, rule: 'too_long' })
  })
})
