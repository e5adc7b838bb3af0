import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { normalizeBaseUrl } from '../../src/config/base-url.ts'
import { dataFolder, homeFolder, usesProxy } from '../../src/config/environment.ts'
import { environmentPrefix, PROVIDER_TABLE } from '../../src/routing/provider-table.ts'
import { issuesOf, loadEnvironment, settingsOf } from './support.ts'

const PAIR_WITH_LINE_ENDS = { AWS_ACCESS_KEY_ID: 'AKIA0\n', AWS_SECRET_ACCESS_KEY: 's\r\n' }

const ids = (environment: Record<string, string>): readonly string[] =>
  settingsOf(loadEnvironment(environment)).providers.map(({ id }) => id)

for (const row of PROVIDER_TABLE) {
  const prefix = environmentPrefix(row.id)
  const keyNames = [`${prefix}_API_KEY`, ...row.keyNames]
  const baseNames = [`${prefix}_API_BASE`, ...row.baseNames]
  const modelNames = [`${prefix}_MODEL`, ...row.modelNames]
  const parameters = (row.parameters ?? []).flatMap(({ names: [name] }) => (name === undefined ? [] : [[name, 'p-1']]))
  const whole: Record<string, string> = {
    MODEL_PROVIDER: row.id,
    [`${prefix}_API_KEY`]: 'k0',
    [`${prefix}_API_BASE`]: 'https://base.example',
    ...Object.fromEntries(parameters),
  }

  describe(`the row ${row.id}`, () => {
    test.each(keyNames)('takes its key from %s', (name) => {
      const { [`${prefix}_API_KEY`]: _, ...rest } = whole
      const { defaultProvider } = settingsOf(loadEnvironment({ ...rest, [name]: 'the-key' }))

      expect(defaultProvider?.keys.map((key) => key.reveal())).toEqual(['the-key'])
    })

    test.each(baseNames)('takes its address from %s', (name) => {
      const { [`${prefix}_API_BASE`]: _, ...rest } = whole
      const { defaultProvider } = settingsOf(loadEnvironment({ ...rest, [name]: 'https://its.example/' }))

      expect(defaultProvider?.baseUrl).toBe('https://its.example')
    })

    test.each(modelNames)('takes its model from %s', (name) => {
      expect(settingsOf(loadEnvironment({ ...whole, [name]: 'its-model' })).defaultProvider?.model).toBe('its-model')
    })

    test.each([...row.baseSuffixes])('takes an address pasted with %s', (suffix) => {
      const { defaultProvider } = settingsOf(
        loadEnvironment({ ...whole, [`${prefix}_API_BASE`]: `https://x${suffix}` }),
      )

      expect(defaultProvider?.baseUrl).toBe('https://x')
    })
  })
}

describe("a row that takes the client's own credential", () => {
  test('is enabled by saying so, and needs no key', () => {
    const { providers } = settingsOf(loadEnvironment({ ANTHROPIC_CREDENTIAL: 'client' }))

    expect(providers.map(({ id, credential, keys }) => ({ id, credential, keys }))).toEqual([
      { id: 'anthropic', credential: 'client', keys: [] },
    ])
  })

  test('is refused when it says so in another word', () => {
    const issues = issuesOf(loadEnvironment({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_CREDENTIAL: 'mine' }))

    expect(issues).toEqual(['ANTHROPIC_CREDENTIAL: must be one of operator, client, either'])
  })
})

describe('an address such as OLLAMA_HOST', () => {
  test.each([
    ['127.0.0.1', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:80', 'http://127.0.0.1'],
    ['box:9', 'http://box:9'],
    [':9', 'http://127.0.0.1:9'],
    ['::1', 'http://[::1]:11434'],
    ['[::1]:9', 'http://[::1]:9'],
    ['http://box/', 'http://box:11434'],
    ['https://box', 'https://box'],
    ['http://box:9/v1', 'http://box:9'],
  ])('%s is %s', (written, url) => {
    expect(settingsOf(loadEnvironment({ OLLAMA_HOST: written })).providers[0]?.baseUrl).toBe(url)
  })

  test.each([
    'http://169.254.169.254',
    'http://169.254.0.1:80/x',
    'http://2852039166',
    'http://0xA9FEA9FE',
    'http://[::ffff:169.254.169.254]',
    'http://[fe80::1]',
    'http://[fd00:ec2::254]',
    'http://METADATA.google.internal',
    'http://metadata.google.internal.',
    'http://100.100.100.200',
    'http://192.0.0.192',
    'http://168.63.129.16',
    'http://0251.0376.0251.0376',
    'http://[::169.254.169.254]',
    'http://[64:ff9b::169.254.169.254]',
    'http://[2002:a9fe:a9fe::1]',
    'http://[::ffff:100.100.100.200]',
    'http://[fd20:ce::254]',
    'http://metadata',
    'http://metadata.goog',
    'http://instance-data.ec2.internal',
    'file:///etc/passwd',
    'http://user:secret@box',
    'http://box?x=1',
    'http://box#x',
    'http://',
  ])('%s is refused, by the name that holds it', (written) => {
    const [issue] = issuesOf(loadEnvironment({ OLLAMA_HOST: written }))

    expect(issue).toStartWith('OLLAMA_HOST: ')
    expect(issue).not.toContain('secret')
  })

  test.each([
    ['http://127.0.0.1:8080', {}],
    ['http://localhost:8080', {}],
    ['http://[::1]:8080', {}],
    ['http://127.0.0.2:9090', { PORT: '9090' }],
  ])('%s is refused where lynkr itself listens there', (written, settings) => {
    expect(issuesOf(loadEnvironment({ VLLM_BASE_URL: written, ...settings }))[0]).toContain('is this lynkr itself')
  })

  test('keeps what is no suffix', () => {
    expect(normalizeBaseUrl('https://gate.example/team/v1', { baseSuffixes: ['/v1'] })).toEqual({
      url: 'https://gate.example/team',
    })
  })
})

describe('which providers are enabled', () => {
  test('those with a key, local ones with an address; the default lane is the first in the order of the table', () => {
    const environment = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b', OLLAMA_HOST: 'box' }

    expect(ids(environment)).toEqual(['anthropic', 'openai', 'ollama'])
    expect(settingsOf(loadEnvironment(environment)).defaultProvider?.id).toBe('anthropic')
  })

  test('MODEL_PROVIDER moves the default lane', () => {
    const environment = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b', MODEL_PROVIDER: 'openai' }

    expect(settingsOf(loadEnvironment(environment)).defaultProvider?.id).toBe('openai')
  })

  test('none without anything set: a port that answers is no provider', () => {
    expect(ids({})).toEqual([])
  })

  test("not by the clients' own variables", () => {
    const environment = { ANTHROPIC_BASE_URL: 'http://evil', OPENAI_BASE_URL: 'http://evil' }

    expect(ids(environment)).toEqual([])
    expect(settingsOf(loadEnvironment({ ...environment, OPENAI_API_KEY: 'k' })).providers[0]?.baseUrl).toBe(
      'https://api.openai.com',
    )
  })

  test('a key without its address is silent beside a provider that works, and named where there is none', () => {
    expect(ids({ DATABRICKS_TOKEN: 'k', ANTHROPIC_API_KEY: 'k' })).toEqual(['anthropic'])
    expect(issuesOf(loadEnvironment({ DATABRICKS_TOKEN: 'k' }))[0]).toContain(
      'set DATABRICKS_API_BASE or DATABRICKS_HOST',
    )
  })

  test('Azure is its v1 form, or the dated one where a version is set', () => {
    const azure = { AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com', AZURE_OPENAI_API_KEY: 'k' }

    const dated = settingsOf(loadEnvironment({ ...azure, OPENAI_API_VERSION: '2024-10-21' })).defaultProvider

    expect(settingsOf(loadEnvironment(azure)).defaultProvider?.paths.chat).toBe('/openai/v1/chat/completions')
    expect(dated?.paths.chat).toBe('/openai/deployments/{model}/chat/completions?api-version=2024-10-21')
  })

  test('an unknown MODEL_PROVIDER is an error that names what comes near it, else all there is', () => {
    const [near] = issuesOf(loadEnvironment({ MODEL_PROVIDER: 'databrics' }))
    const [far] = issuesOf(loadEnvironment({ MODEL_PROVIDER: 'nothing-of-ours' }))

    expect(near).toBe('MODEL_PROVIDER: there is no provider "databrics" (did you mean databricks?)')
    for (const { id } of PROVIDER_TABLE) expect(far).toContain(id)
  })
})

test.each(['http_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'])(
  'behind the proxy that %s names, no connection is made beside it',
  (name) => {
    expect(usesProxy({ [name]: 'http://proxy.example:3128' })).toBeTrue()
    expect(usesProxy({ NO_PROXY: 'proxy.example' })).toBeFalse()
  },
)

test.each([
  ['ANTHROPIC_API_KEY', { ANTHROPIC_API_KEY: 'sk-1, sk-2\n' }, ['sk-1', 'sk-2']],
  [
    'AWS_SECRET_ACCESS_KEY',
    { ...PAIR_WITH_LINE_ENDS, MODEL_PROVIDER: 'bedrock', AWS_REGION: 'eu-west-1' },
    ['AKIA0:s'],
  ],
])('the end of a line behind a key, as files of secrets have it, is no part of %s', (_, environment, keys) => {
  const { defaultProvider } = settingsOf(loadEnvironment(environment))

  expect(defaultProvider?.keys.map((key) => key.reveal())).toEqual(keys)
})

test.each(['AUTO', '2.5', 'four', '0', '257'])('%j workers are told what they can be', (LYNKR_WORKERS) => {
  expect(issuesOf(loadEnvironment({ LYNKR_WORKERS }))).toEqual([
    'LYNKR_WORKERS: must be a whole number from 1 to 256, or auto',
  ])
})

test('a user without an account and without HOME has no home, which is no reason not to start', () => {
  expect(homeFolder({})).toBe('/')
  expect(homeFolder({ HOME: '/home/ann' })).toBe('/home/ann')
})

test.each([
  [{ LYNKR_DATA_DIR: 'data' }, 'data'],
  [{ XDG_DATA_HOME: './xdg' }, 'xdg/lynkr'],
])('a folder for state that is named from the current one (%p) is told as a whole path', (environment, below) => {
  expect(dataFolder(environment)).toBe(join(process.cwd(), below))
})
