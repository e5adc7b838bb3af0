import { describe, expect, test } from 'bun:test'
import { type AccessSubject, compileKeyAccess, forbids } from '../../src/auth/key-access.ts'
import { OPEN_SCOPES } from '../../src/auth/principal.ts'
import type { KeyScopes } from '../../src/core/store.ts'

/** Allow list and deny list of each subject that has both. */
const LISTS = [
  ['model', 'models', 'denyModels'],
  ['path', 'paths', 'denyPaths'],
  ['tool', 'tools', 'denyTools'],
] as const satisfies readonly (readonly [AccessSubject, keyof KeyScopes, keyof KeyScopes])[]

describe('what a key may use', () => {
  test('is everything as long as nothing is listed', () => {
    const access = compileKeyAccess(OPEN_SCOPES)

    const subjects = ['surface', 'path', 'model', 'provider', 'command', 'tool'] as const
    expect(subjects.map((subject) => forbids(access, subject, 'anything/at all'))).toEqual(subjects.map(() => null))
    expect([access.listsPaths, access.listsTools]).toEqual([false, false])
  })

  test.each(LISTS)('%s: only what is allowed, and never what is denied', (subject, allow, deny) => {
    const access = compileKeyAccess({ ...OPEN_SCOPES, [allow]: ['a-*', 'b/**'], [deny]: ['a-secret'] })

    const names = ['a-1', 'a-', 'b/x', 'b/x/y', 'a-secret', 'a', 'b', 'xa-1', 'a-1/x', 'A-1', '']
    const allowed = names.filter((name) => forbids(access, subject, name) === null)
    expect(allowed).toEqual(['a-1', 'a-', 'b/x', 'b/x/y'])
  })

  test.each(LISTS)('%s: everything but what is denied, where nothing is allowed by name', (subject, _allow, deny) => {
    const access = compileKeyAccess({ ...OPEN_SCOPES, [deny]: ['a-*'] })

    expect(forbids(access, subject, 'a-1')?.kind).toBe('forbidden')
    expect(forbids(access, subject, 'b')).toBeNull()
  })

  test.each([
    ['openai/gpt-6', 'openai/gpt-6:nitro'],
    ['openai/gpt-6', 'openai/gpt-6:floor'],
    ['openai/gpt-6', 'OpenAI/GPT-6:Exacto'],
    ['openai/gpt-6', 'openai/gpt-6:online:nitro[1m]'],
    ['gemini-3-pro', 'models/gemini-3-pro'],
    ['llama-5', 'llama-5:latest'],
    ['openai/gpt-6:online', 'openai/gpt-6:ONLINE'],
    ['openai/gpt-6:online', 'openai/gpt-6:online:nitro'],
  ])('model: %s is not to be had as %s either, which is the same one to its provider', (denied, name) => {
    const access = compileKeyAccess({ ...OPEN_SCOPES, denyModels: [denied] })

    expect(forbids(access, 'model', name)?.kind).toBe('forbidden')
  })

  test('model: where one is denied, a name longer than any is looked at no further', () => {
    const access = compileKeyAccess({ ...OPEN_SCOPES, denyModels: ['openai/gpt-6'] })

    expect(forbids(access, 'model', `a${'[]:nitro'.repeat(1_000_000)}`)?.kind).toBe('forbidden')
    expect(forbids(access, 'model', 'a'.repeat(512))).toBeNull()
  })

  test.each([
    ['openai/gpt-6', 'openai/gpt-6:free'],
    ['openai/gpt-6:online', 'openai/gpt-6'],
    ['llama-5', 'llama-5:7b'],
  ])('model: where %s is denied, %s is another one', (denied, name) => {
    const access = compileKeyAccess({ ...OPEN_SCOPES, denyModels: [denied] })

    expect(forbids(access, 'model', name)).toBeNull()
  })

  test('the refusal names what was asked for, cut, and nothing in it can break a line or turn text around', () => {
    const access = compileKeyAccess({ ...OPEN_SCOPES, models: ['m'] })

    const message = forbids(access, 'model', `a\n\u202eb\u0000${'x'.repeat(5_000)}`)?.message ?? ''

    expect(message).toStartWith('this key may not use the model a\ufffd\ufffdb\ufffdxxx')
    expect(message.length).toBeLessThan(200)
  })
})
