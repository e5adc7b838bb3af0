import { describe, expect, test } from 'bun:test'
import { issuesOf, loadFile, settingsOf } from './support.ts'

const OPENAI = 'providers:\n  openai: {key: k}\n'
const BOMB = 'a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n'

/** A file, and the beginning of each issue it must get, in any order and no other. */
const WRONG: readonly (readonly [name: string, file: string | Uint8Array, issues: readonly string[]])[] = [
  ['an unknown setting', '\nprot: 1', ['2 prot: is not a setting; did you mean port?']],
  ['a setting like no other', '\nlist: 1', ['2 list: is not a setting; `lynkr config docs` has all']],
  [
    'an unknown member',
    'providers:\n  openai:\n    bsae: x',
    ['3 providers.openai.bsae: is not a setting; did you mean base?'],
  ],
  ['wrong types', 'port: many\nstrict: maybe', ['1 port: must be a whole number', '2 strict: must be true or false']],
  ['a number over its bound', 'port: 65536', ['1 port: must be a whole number from 0 to 65535']],
  ['a provider that is a number', 'providers:\n  openai: 7', ['2 providers.openai: must have settings of its own']],
  [
    'an unknown provider',
    'providers:\n  opneai: {key: k}',
    ['2 providers.opneai: there is no provider "opneai" (did you mean openai?)'],
  ],
  [
    'an unknown type',
    'providers:\n  mine: {type: opneai}',
    ['2 providers.mine.type: is none of the 40 there are; did you mean openai?'],
  ],
  [
    'a provider without its key',
    'providers:\n  openai:',
    ['2 providers.openai.key: OpenAI needs a key; set OPENAI_API_KEY'],
  ],
  [
    'a provider without its address',
    'providers:\n  custom:',
    ['2 providers.custom.base: Any server that speaks Anthropic'],
  ],
  [
    'a target at an unknown provider',
    `${OPENAI}models:\n  fast: opneai/x`,
    ['4 models.fast: the provider "opneai" is not configured; did you mean openai?'],
  ],
  [
    'a target without its provider',
    `${OPENAI}models:\n  fast: x`,
    ['4 models.fast: must be written as provider/model'],
  ],
  ['a route without targets', `${OPENAI}routes:\n  fast: []`, ['4 routes.fast: needs at least one entry']],
  [
    'a wildcard in the middle',
    `${OPENAI}models:\n  "g*t": openai/x`,
    ['4 models.g*t: the name has a * at its end or nowhere'],
  ],
  ['a key that stands twice', 'port: 1\nport: 2', ['2: Map keys must be unique']],
  ['a tab', 'providers:\n\topenai:', ['2: Tabs are not allowed']],
  ['a list', '- a', [': must have settings of its own']],
  ['a word', 'hello', [': must have settings of its own']],
  ['aliases without end', BOMB, [': Excessive alias count']],
  ['bytes that are no text', new Uint8Array(512).fill(0xff), [': cannot be read']],
  ['a megabyte and more', 'x'.repeat(1024 * 1024 + 1), [': cannot be read: it is larger than']],
  [
    'an address with another protocol',
    'providers:\n  vllm: {base: "ftp://x"}',
    ['2 providers.vllm.base: ftp:// is not'],
  ],
  [
    'a credential in an address',
    'providers:\n  vllm: {base: "http://u:p@x"}',
    ['2 providers.vllm.base: credentials do not belong'],
  ],
  [
    'an unknown owner of credentials',
    'providers:\n  openai: {credential: mine}',
    ['2 providers.openai.credential: must be one of operator, client, either'],
  ],
  [
    "a key that nobody uses beside the client's own",
    'providers:\n  openai: {credential: client, key: k}',
    ['2 providers.openai.key: is not used with'],
  ],
  [
    "a route that would show the client's own credential to two addresses",
    `providers:\n  openai: {credential: client}\n  groq: {type: openai, credential: client, base: "https://other.example"}\nroutes:\n  fast: [openai/a, groq/b]`,
    ["5 routes.fast: openai and groq both take the client's own credential"],
  ],
]

describe('a file is refused, each mistake with its line and path:', () => {
  test.each(WRONG)('%s', (_, file, expected) => {
    const issues = issuesOf(loadFile(file))

    expect(issues).toHaveLength(expected.length)
    for (const [i, beginning] of expected.entries()) expect(issues[i]).toStartWith(beginning)
  })

  test('all mistakes come together', () => {
    const issues = issuesOf(
      loadFile('prot: 1\nstrict: maybe\nproviders:\n  opneai:\nmodels:\n  fast: x\n', { PORT: 'many' }),
    )

    expect(issues.length).toBeGreaterThanOrEqual(5)
  })

  test('nesting without end is a few issues, not thousands', () => {
    expect(issuesOf(loadFile('['.repeat(100_000))).length).toBeLessThanOrEqual(10)
  })
})

describe('a file is taken:', () => {
  test('settings, with the environment over them', () => {
    const settings = settingsOf(loadFile('port: 81\nlogLevel: debug\n', { PORT: '82' }))

    expect([settings.port, settings.logLevel]).toEqual([82, 'debug'])
  })

  test('an empty one', () => {
    expect(settingsOf(loadFile('# nothing\n')).providers).toEqual([])
  })

  test('providers in its order, only those, the first as the default lane', () => {
    const file = 'providers:\n  openai:\n  anthropic:\n'
    const keys = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b', OPENROUTER_API_KEY: 'c' }

    const { providers, defaultProvider } = settingsOf(loadFile(file, keys))

    expect(providers.map(({ id }) => id)).toEqual(['openai', 'anthropic'])
    expect(defaultProvider?.id).toBe('openai')
  })

  test('one row twice, by type, the second sharing the first by anchor and merge key', () => {
    const file =
      'providers:\n  openai: &one {key: k, base: "https://one.example/v1"}\n  two:\n    <<: *one\n    type: openai\n'

    const { providers } = settingsOf(loadFile(file))

    expect(providers.map(({ id, baseUrl }) => [id, baseUrl])).toEqual([
      ['openai', 'https://one.example'],
      ['two', 'https://one.example'],
    ])
  })

  test('a key from the variable it names', () => {
    const { providers } = settingsOf(loadFile('providers:\n  openai: {keyEnv: MINE}\n', { MINE: 'k1,k2' }))

    expect(providers[0]?.keys.map((key) => key.reveal())).toEqual(['k1', 'k2'])
  })

  test('aliases and routes, as text and as objects, patterns too', () => {
    const file = `${OPENAI}models:\n  fast: openai/gpt/mini\n  "my-*": openai/gpt-*\nroutes:\n  best:\n    - openai/a\n    - {provider: openai, model: b}\n`

    const { aliases, routes } = settingsOf(loadFile(file))

    expect(Object.entries(aliases).map(([name, { model }]) => [name, model])).toEqual([
      ['fast', 'gpt/mini'],
      ['my-*', 'gpt-*'],
    ])
    expect(routes.best?.map(({ model }) => model)).toEqual(['a', 'b'])
  })
})

describe('weights of a route', () => {
  const routeOf = (lines: string) => loadFile(`${OPENAI}routes:\n  r:\n${lines}`)

  test('are read with their targets', () => {
    const { routes } = settingsOf(routeOf('    - {provider: openai, model: a, weight: 3}\n    - openai/b\n'))

    expect(routes.r?.map(({ model, weight }) => [model, weight])).toEqual([
      ['a', 3],
      ['b', undefined],
    ])
  })

  test.each([
    ['all zero', '0', '4 routes.r: needs one target with a weight over 0'],
    ['negative', '-1', '5 routes.r.0'],
    ['a part', '0.5', '5 routes.r.0'],
    ['text', 'many', '5 routes.r.0'],
  ])('that are %s are refused with their place', (_, weight, message) => {
    const [issue] = issuesOf(routeOf(`    - {provider: openai, model: a, weight: ${weight}}\n`))

    expect(issue).toStartWith(message)
  })
})

test('a key that no header can carry, such as a pasted example, is refused before it is sent', () => {
  const loaded = loadFile('', { ANTHROPIC_API_KEY: 'sk-ant-…' })

  expect(issuesOf(loaded)).toEqual([
    'ANTHROPIC_API_KEY: the key has characters that no key has; was an example pasted?',
  ])
})

test('what is wrong with a file is told from its top to its bottom, and after what is wrong beside it', () => {
  const loaded = loadFile(
    'models:\n  fast: opneai/x\nport: many\nproviders:\n  mine: {type: opneai}\n  openai: {}\nprot: 1',
    { LYNKR_LOG_FLOOD_LINES: 'x' },
  )

  const lines = issuesOf(loaded).map((issue) => Number(/^(\d+) /.exec(issue)?.[1] ?? 0))
  expect(lines).toEqual([0, 2, 3, 5, 6, 7])
})

test.each([
  ['opneai: {key: k}', 'there is no provider "opneai" (did you mean openai?); a name of your own needs a type'],
  [
    'mine: {type: azure, key: k}',
    'is none of the 40 there are; did you mean azure-openai, azure-anthropic or azure-openai-dated?',
  ],
])('of a provider that nobody knows, %s, the nearest names are told and not all', (entry, message) => {
  expect(issuesOf(loadFile(`providers:\n  ${entry}`))).toEqual([expect.stringMatching(/^2 providers\.\S+: /)])
  expect(issuesOf(loadFile(`providers:\n  ${entry}`))[0]).toEndWith(`: ${message}`)
})

test('a value in quotes, as docker reads it from an env file, is refused: no key and no address has them', () => {
  const loaded = loadFile('', {
    CUSTOM_API_BASE: '"http://127.0.0.1:9"',
    CUSTOM_API_KEY: "'sk-of-the-test'",
    LYNKR_API_KEYS: '"a-key-of-more-than-22-characters,another-key-of-more-than-22"',
  })

  expect(issuesOf(loaded).map((issue) => issue.split(':')[0])).toEqual([
    'CUSTOM_API_BASE',
    'CUSTOM_API_KEY',
    'LYNKR_API_KEYS',
  ])
})

test.each([
  [{ AWS_ACCESS_KEY_ID: 'AKIAOFTHETEST', AWS_SECRET_ACCESS_KEY: '"of-the-test"' }, 'bedrock: {region: us-east-1}'],
  [{ VERTEX_ACCESS_TOKEN: '"ya29.of-the-test"' }, 'vertex: {project: p, region: us-east5}'],
])('nor has what clouds are shown: %j', (environment, entry) => {
  const [issue] = issuesOf(loadFile(`providers:\n  ${entry}`, environment))

  expect(issue).toEndWith(': begins or ends with a quote, which counts as a part of it; write it without')
  expect(issue).toStartWith(Object.keys(environment).at(-1) ?? '')
})

test('a data folder in ~ that no shell has expanded is refused, not made in the current folder', () => {
  const loaded = loadFile('', { LYNKR_DATA_DIR: '~/lynkr' })

  expect(issuesOf(loaded)).toEqual(['LYNKR_DATA_DIR: only a shell knows what ~ is; write the whole path'])
})
