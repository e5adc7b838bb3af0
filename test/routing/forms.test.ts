import { expect, test } from 'bun:test'
import { FORMS_MISSING_MAX } from '../../src/core/limits.ts'
import type { Provider, Target } from '../../src/core/target.ts'
import { FORM_MISSING_TTL_MS, openFormChooser } from '../../src/routing/forms.ts'
import { findProviderRow, PROVIDER_TABLE } from '../../src/routing/provider-table.ts'
import { loadEnvironment, settingsOf } from '../config/support.ts'

const PROVIDERS = new Map(
  settingsOf(
    loadEnvironment({ PORT: '9', OPENAI_API_KEY: 'k', OPENROUTER_API_KEY: 'k', OLLAMA_HOST: 'x', ZAI_API_KEY: 'k' }),
  ).providers.map((provider) => [provider.id, provider]),
)

function at(id: string, model = 'some-model'): Target {
  const provider = PROVIDERS.get(id)
  if (provider === undefined) throw new Error(`${id} is not configured`)
  return { provider, model }
}

/** The row that a target takes for a dialect. */
function taken(target: Target, dialect: Provider['dialect']): string {
  const [spoken] = openFormChooser().speaking([target], dialect, 0)
  return spoken?.provider.form ?? spoken?.provider.id ?? ''
}

test.each([
  ['openai', 'gpt-5', 'openai-responses', 'openai-responses'],
  ['openai', 'gpt-5', 'openai-chat', 'openai'],
  ['openai', 'gpt-5', 'anthropic', 'openai'],
  ['openrouter', 'openai/gpt-5', 'openai-responses', 'openrouter-responses'],
  ['openrouter', 'anthropic/claude-opus-5', 'anthropic', 'openrouter-anthropic'],
  ['openrouter', 'qwen/qwen3-coder', 'anthropic', 'openrouter'],
  ['ollama', 'qwen3-coder', 'anthropic', 'ollama'],
  ['zai', 'glm-4.7', 'openai-chat', 'zai'],
] as const)('%s asked for %s in %s goes by %s', (id, model, dialect, row) => {
  expect(taken(at(id, model), dialect)).toBe(row)
})

test('a form keeps the name, the keys and the limits of its provider, and knows the way back', () => {
  const target = { ...at('openai'), weight: 3 }

  const [spoken] = openFormChooser().speaking([target], 'openai-responses', 0)

  expect(spoken).toMatchObject({ model: 'some-model', weight: 3, ownForm: target })
  expect(spoken?.provider.id).toBe('openai')
  expect(spoken?.provider.keys).toBe(target.provider.keys)
})

test('nothing is made anew for providers without forms', () => {
  const targets = [at('ollama'), at('zai')]

  expect(openFormChooser().speaking(targets, 'anthropic', 0)).toBe(targets)
})

test('a form that was missing is left alone for a day, for that model alone', () => {
  const chooser = openFormChooser()
  const ask = (model: string, wallMs: number) => chooser.speaking([at('openai', model)], 'openai-responses', wallMs)[0]
  const missing = ask('a', 0)
  if (missing === undefined) throw new Error('there is a target')

  chooser.missing(missing, 0)

  expect(ask('a', FORM_MISSING_TTL_MS - 1)?.ownForm).toBeUndefined()
  expect(ask('b', 0)?.ownForm).toBeDefined()
  expect(ask('a', FORM_MISSING_TTL_MS)?.ownForm).toBeDefined()
})

test('the oldest is forgotten where too many are missing', () => {
  const chooser = openFormChooser()
  const spoken = (i: number) => chooser.speaking([at('openai', `m${i}`)], 'openai-responses', 0)[0]

  for (let i = 0; i <= FORMS_MISSING_MAX; i++) chooser.missing(spoken(i) ?? at('openai'), 0)

  expect(spoken(0)?.ownForm).toBeDefined()
  expect(spoken(1)?.ownForm).toBeUndefined()
})

test('every form is a variant with the key of its row, and none speaks what its row speaks', () => {
  for (const row of PROVIDER_TABLE) {
    for (const { id } of row.forms ?? []) {
      const form = findProviderRow(id)
      const own = `${row.id.toUpperCase().replaceAll('-', '_')}_API_KEY`

      expect(form).toMatchObject({ isVariant: true, needsKey: row.needsKey })
      expect(form?.keyNames).toContain(own)
      expect(form?.dialect).not.toBe(row.dialect)
      expect(row.isVariant).toBeUndefined()
    }
  }
})
