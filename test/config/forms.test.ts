import { expect, test } from 'bun:test'
import type { Environment } from '../../src/config/environment.ts'
import type { Provider } from '../../src/core/target.ts'
import { issuesOf, loadEnvironment, loadFile, settingsOf } from './support.ts'

function formsOf(provider: Provider | null): Readonly<Record<string, string>> {
  return Object.fromEntries((provider?.forms ?? []).map(({ provider: { form = '', baseUrl } }) => [form, baseUrl]))
}

const fromEnvironment = (environment: Environment) =>
  formsOf(settingsOf(loadEnvironment({ PORT: '9', ...environment })).defaultProvider)

const fromFile = (entry: string) =>
  formsOf(settingsOf(loadFile(`port: 9\nproviders:\n  openai: ${entry}\n`)).defaultProvider)

test.each([
  [{ OPENAI_API_KEY: 'k' }, { 'openai-responses': 'https://api.openai.com' }],
  [{ OPENAI_API_KEY: 'k', OPENAI_API_BASE: 'http://x/v1' }, { 'openai-responses': 'http://x' }],
  [
    { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com/openai/v1' },
    { 'azure-openai-responses': 'https://r.openai.azure.com' },
  ],
  [{ DEEPSEEK_API_KEY: 'k' }, { 'deepseek-openai': 'https://api.deepseek.com' }],
  [{ DEEPSEEK_API_KEY: 'k', DEEPSEEK_API_BASE: 'http://x/anthropic' }, { 'deepseek-openai': 'http://x' }],
  // Where the other form would be cannot be seen from it.
  [{ DEEPSEEK_API_KEY: 'k', DEEPSEEK_API_BASE: 'http://x/theirs' }, {}],
  [{ MODEL_PROVIDER: 'openai-responses', OPENAI_API_KEY: 'k' }, {}],
  [{ OPENAI_API_KEY: 'k', OPENAI_FORMS: 'own' }, {}],
  [{ ANTHROPIC_API_KEY: 'k' }, {}],
])('%p has the forms %p', (environment, forms) => {
  expect(fromEnvironment(environment)).toEqual(forms)
})

test.each([
  ['{ key: k }', true],
  ['{ key: k, forms: own }', false],
  ['{ key: k, quirks: { promptCacheKey: false } }', false],
  ['{ key: k, paths: { chat: /chat } }', false],
  // OpenAI's own forms are of one family: a client's credential is shown to nobody new.
  ['{ credential: client }', true],
])('an entry %s takes the forms of its vendor: %p', (entry, isTaken) => {
  expect(fromFile(entry)).toEqual(isTaken ? { 'openai-responses': 'https://api.openai.com' } : {})
})

test("a client's own credential is not shown in a form of another family", () => {
  const { defaultProvider } = settingsOf(loadEnvironment({ PORT: '9', OPENROUTER_CREDENTIAL: 'client' }))

  expect(Object.keys(formsOf(defaultProvider))).toEqual(['openrouter-responses'])
})

test('a form has the credential, headers and model of its provider, and the quirks of its row', () => {
  const { defaultProvider } = settingsOf(
    loadFile('port: 9\nproviders:\n  openai: { key: k, model: gpt-9, headers: { OpenAI-Project: p } }\n'),
  )

  const form = defaultProvider?.forms?.[0]?.provider

  expect(form).toMatchObject({ id: 'openai', auth: 'bearer', model: 'gpt-9', headers: { 'openai-project': 'p' } })
  // By which one of a client's of the same name is told.
  expect(Object.keys(form?.headers ?? {})).toEqual(['openai-project'])
  expect(form?.quirks).not.toHaveProperty('systemRole')
})

test('a header written over lines of its own is what stands in them, without their end', () => {
  const { defaultProvider } = settingsOf(
    loadFile('port: 9\nproviders:\n  openai:\n    key: k\n    headers:\n      x-team: |\n        blue\n'),
  )

  expect([defaultProvider?.headers, defaultProvider?.forms?.[0]?.provider.headers]).toEqual([
    { 'x-team': 'blue' },
    { 'x-team': 'blue' },
  ])
})

test('another word for them is an issue', () => {
  const [issue] = issuesOf(loadEnvironment({ OPENAI_API_KEY: 'k', OPENAI_FORMS: 'none' }))

  expect(issue).toContain('OPENAI_FORMS: must be one of client, own')
})
