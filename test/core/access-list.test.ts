import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { compileAccessList, patternProblem } from '../../src/core/access-list.ts'

describe('an access list', () => {
  test.each([
    ['/v1/models', '/v1/models', true],
    ['/v1/models', '/v1/models2', false],
    ['/v1/models', '/v1/models/x', false],
    ['/v1/models', '/v1', false],
    ['/v1/*', '/v1/models', true],
    ['/v1/*', '/v1/', false],
    ['/v1/*', '/v1/models/x', false],
    ['/v1/**', '/v1/models/x', true],
    ['/v1/**', '/v1', false],
    ['/v1/**', '/v1x/models', false],
    ['**', 'anything', true],
    ['claude-*', 'claude-opus-4', true],
    ['claude-*', 'claude-', true],
    ['claude-*', 'xclaude-1', false],
    ['anthropic/claude-*', 'anthropic/claude-haiku', true],
    ['claude-*', 'anthropic/claude-haiku', false],
    ['mcp__*__read', 'mcp__github__read', true],
    ['mcp__*__read', 'mcp__github__write', false],
    ['a*b*c', 'aXbXbc', true],
    ['a*b*c', 'aXbX', false],
    ['Claude', 'claude', false],
    ['ﬁle', 'file', false],
  ])('%s on %s: %p', (pattern, name, expected) => {
    expect(compileAccessList({ allow: [pattern] })(name).ok).toBe(expected)
  })

  test('without an allow list everything is allowed but what is denied', () => {
    const list = compileAccessList({ deny: ['secret/**'] })

    expect(list('open')).toEqual({ ok: true })
    expect(list('secret/x')).toEqual({ ok: false, rule: 'denied' })
  })

  test('an empty allow list allows nothing', () => {
    expect(compileAccessList({ allow: [] })('x')).toEqual({ ok: false, rule: 'not_allowed' })
  })

  test('denying wins over allowing', () => {
    const list = compileAccessList({ allow: ['claude-*'], deny: ['claude-opus-*'] })

    expect(list('claude-haiku').ok).toBe(true)
    expect(list('claude-opus-4').ok).toBe(false)
  })

  test('wildcards match exactly what the equivalent regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
    const pattern = fc
      .string({ unit: fc.constantFrom('a', 'b', '.', '*'), minLength: 1, maxLength: 8 })
      .filter((candidate) => patternProblem(candidate) === null && candidate !== '**')
    fc.assert(
      fc.property(pattern, text, (candidate, name) => {
        const body = candidate.replace(/\./g, '\\.').replaceAll('*', '.*')
        const oracle = candidate === '*' ? name !== '' : new RegExp(`^${body}$`).test(name)

        expect(compileAccessList({ allow: [candidate] })(name).ok).toBe(oracle)
      }),
      { numRuns: 500 },
    )
  })

  test('a hostile name costs no more than its length times the pattern', () => {
    const list = compileAccessList({ allow: [`${'a*'.repeat(30)}b`] })

    expect(list('a'.repeat(20_000)).ok).toBe(false)
  })

  test.each(['', 'a/**/b', 'a**', '../x', 'a/./b', 'a\u0000'])('the pattern %j is refused', (pattern) => {
    expect(patternProblem(pattern)).not.toBeNull()
  })
})
