import { describe, expect, test } from 'bun:test'
import { sha256 } from '../../src/store/sha256.ts'
import { issuesOf, loadFile, settingsOf } from './support.ts'

const SECRET = 'a-secret-of-more-than-22-characters'
const HASH = sha256(SECRET)
const OTHER = sha256('another-secret-of-many-characters')
const PROVIDERS = 'providers:\n  anthropic: {key: k}\n  openai: {key: k}\n'

/** A file, and the beginning of each issue it must get. */
const WRONG: readonly (readonly [name: string, file: string, issues: readonly string[]])[] = [
  [
    'one id twice',
    `keys:\n  - {id: a, sha256: ${HASH}}\n  - {id: a, sha256: ${OTHER}}`,
    ['3 keys.1.id: keys[0] and keys[1] have the same id'],
  ],
  [
    'one hash under two ids',
    `keys:\n  - {id: a, sha256: ${HASH}}\n  - {id: b, sha256: ${HASH}}`,
    ['3 keys.1.sha256: keys[0] and keys[1] have the same sha256'],
  ],
  [
    'one secret by hash and by variable',
    `keys:\n  - {id: a, sha256: ${HASH}}\n  - {id: b, env: MINE}`,
    ['3 keys.1.id: keys[1] (b) and keys[0] (a) are the same key'],
  ],
  [
    'a limited key that is also listed without limits',
    `apiKeys: [${SECRET}]\nkeys:\n  - {id: a, sha256: ${HASH}}`,
    ['3 keys.0.id: keys[0] (a) and LYNKR_API_KEYS, key 1 are the same key'],
  ],
  ['no secret', 'keys:\n  - {id: a}', ['2 keys.0: needs either "sha256" or "env"']],
  ['two secrets', `keys:\n  - {id: a, sha256: ${HASH}, env: MINE}`, ['2 keys.0: needs either "sha256" or "env"']],
  [
    'a plain secret',
    `keys:\n  - {id: a, secret: ${SECRET}}`,
    ['2 keys.0.secret: is not a setting', '2 keys.0: needs either'],
  ],
  ['a variable that is not set', 'keys:\n  - {id: a, env: NOBODY}', ['2 keys.0.env: the environment variable NOBODY']],
  [
    'a variable by a name that every object has',
    'keys:\n  - {id: a, env: toString}',
    ['2 keys.0.env: the environment variable toString'],
  ],
  ['a short secret', 'keys:\n  - {id: a, env: SHORT}', ['2 keys.0.env: the key in SHORT needs at least 22']],
  ["the admin's id", `keys:\n  - {id: admin, sha256: ${HASH}}`, ['2 keys.0.id: may not be admin or cli']],
  ["the command line's id", `keys:\n  - {id: cli, sha256: ${HASH}}`, ['2 keys.0.id: may not be admin or cli']],
  ['an id of the store', `keys:\n  - {id: key_1, sha256: ${HASH}}`, ['2 keys.0.id: may not begin with key_']],
  ['no date', `keys:\n  - {id: a, sha256: ${HASH}, expires: soon}`, ['2 keys.0.expires: must be a date']],
  [
    'an unknown provider',
    `${PROVIDERS}keys:\n  - {id: a, sha256: ${HASH}, providers: [opneai]}`,
    ['5 keys.0.providers: there is no provider "opneai"; did you mean openai?'],
  ],
  [
    'an unknown command',
    `keys:\n  - {id: a, sha256: ${HASH}, commands: [ls]}`,
    ['2 keys.0.commands: there is no command "ls"'],
  ],
  [
    'a model that never comes to an allowed provider',
    `${PROVIDERS}models: {fast: openai/gpt}\nkeys:\n  - {id: a, sha256: ${HASH}, providers: [anthropic], models: [fast]}`,
    ['6 keys.0.models: the key may use the model fast, which goes to openai, but not that provider'],
  ],
  [
    'a budget of a key that is not there',
    `keys:\n  - {id: a, sha256: ${HASH}}\nbudgets:\n  - {scope: key, match: b, window: day, usd: 1}`,
    ['4 budgets.0.match: budgets[0] is for the key b, which "keys" does not list'],
  ],
  [
    'a limit that is set twice',
    'limits:\n  - {scope: user, match: ann, requestsPerMinute: 1}\n  - {scope: user, match: ann, requestsPerMinute: 2}',
    ['3 limits.1.requestsPerMinute: limits[0] and limits[1] both set requestsPerMinute of user:ann'],
  ],
  ['a limit of nothing', 'limits:\n  - {scope: user}', ['2 limits.0: needs at least one of']],
]

describe('keys and limits of a file are refused, each mistake naming both sides:', () => {
  test.each(WRONG)('%s', (_, file, expected) => {
    const issues = issuesOf(loadFile(file, { MINE: SECRET, SHORT: 'short' }))

    expect(issues).toHaveLength(expected.length)
    for (const [i, beginning] of expected.entries()) expect(issues[i]).toStartWith(beginning)
  })
})

test('a key by hash and a key by variable are taken, with their scopes, and without their secrets', () => {
  const file = `keys:
  - {id: ci, sha256: ${OTHER}, team: tools, models: ["claude-*"], requestsPerMinute: 5, expires: 2027-01-31}
  - {id: ann, env: MINE, user: ann}
`

  const { keys } = settingsOf(loadFile(file, { MINE: SECRET }))

  expect(keys.map(({ id, hash, user, team }) => ({ id, hash, user, team }))).toEqual([
    { id: 'ci', hash: OTHER, user: null, team: 'tools' },
    { id: 'ann', hash: HASH, user: 'ann', team: null },
  ])
  expect(keys[0]).toMatchObject({
    scopes: { models: ['claude-*'], requestsPerMinute: 5 },
    expiresWallMs: Date.parse('2027-01-31'),
  })
  expect(JSON.stringify(keys)).not.toContain(SECRET)
})

test('keys of the file are keys enough for an address that others can reach', () => {
  const loaded = loadFile(`host: 0.0.0.0\n${PROVIDERS}keys:\n  - {id: a, sha256: ${HASH}}`)

  expect(issuesOf(loaded)).toEqual([])
})
