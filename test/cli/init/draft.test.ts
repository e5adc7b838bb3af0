import { describe, expect, test } from 'bun:test'
import { type DraftProvider, renderDraft } from '../../../src/cli/init/draft.ts'
import { parseConfig } from '../../../src/config/config-file.ts'
import type { ConfigIssue } from '../../../src/config/issue.ts'

const BARE: Omit<DraftProvider, 'id'> = { key: null, base: null, parameters: {}, model: null }

function read(text: string) {
  const issues: ConfigIssue[] = []
  const { config } = parseConfig(text, 'lynkr.yaml', issues)
  return { config, issues }
}

describe('the file that init writes', () => {
  test('says what was chosen, and is right', () => {
    const text = renderDraft({
      port: 8181,
      providers: [
        { ...BARE, id: 'databricks', key: { env: 'DATABRICKS_API_KEY' }, base: 'https://d.example' },
        { ...BARE, id: 'openai', key: { secret: 'sk-"quoted: #1' } },
        { ...BARE, id: 'ollama', model: 'qwen3:8b' },
      ],
      usdPerDay: 12.5,
    })

    expect(read(text)).toMatchObject({
      issues: [],
      config: {
        port: 8181,
        modelProvider: 'databricks',
        providers: {
          databricks: { keyEnv: 'DATABRICKS_API_KEY', base: 'https://d.example' },
          openai: { key: 'sk-"quoted: #1' },
          ollama: { model: 'qwen3:8b' },
        },
        budgets: [{ scope: 'global', window: 'day', usd: 12.5 }],
      },
    })
  })

  test('what is left out stands there as an example that is right too', () => {
    const text = renderDraft({ port: 8080, providers: [{ ...BARE, id: 'anthropic' }], usdPerDay: null })
    const uncommented = text.replace(/^# (models:|routes:|budgets:| {2}\S)/gm, '$1')

    const { config, issues } = read(uncommented)

    expect(read(text).config.budgets).toEqual([])
    expect(issues).toEqual([])
    expect(Object.keys(config)).toEqual(expect.arrayContaining(['models', 'routes', 'budgets']))
  })

  test('a key that stands in the file is warned of there', () => {
    const text = renderDraft({
      port: 8080,
      providers: [{ ...BARE, id: 'openai', key: { secret: 's' } }],
      usdPerDay: null,
    })

    expect(text).toContain('Whoever reads this file has the key.')
  })
})
