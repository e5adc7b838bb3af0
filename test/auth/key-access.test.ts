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

  test('the refusal names what was asked for, cut, and nothing in it can break a line or turn text around', () => {
    const access = compileKeyAccess({ ...OPEN_SCOPES, models: ['m'] })

    const message = forbids(access, 'model', `a\n\u202eb\u0000${'x'.repeat(5_000)}`)?.message ?? ''

    expect(message).toStartWith('this key may not use the model a\ufffd\ufffdb\ufffdxxx')
    expect(message.length).toBeLessThan(200)
  })
})
