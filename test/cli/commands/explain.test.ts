import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explain } from '../../../src/cli/commands/explain.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { openLynkrCli } from '../../support/lynkr-cli.ts'
import { keyRecord } from '../../support/store-contract-rows.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-explain-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const BODY = {
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  top_k: 5,
  system: 's',
  messages: [{ role: 'user', content: 'hi' }],
}

async function run(json: unknown, yaml: string, { isJson = false, key = 'k1' } = {}) {
  const path = join(folder, 'lynkr.yaml')
  writeFileSync(path, yaml)
  const loaded = loadSettings({ LYNKR_DATA_DIR: folder, CI_KEY: 'c'.repeat(30) }, path)
  if (!('settings' in loaded)) throw new Error(JSON.stringify(loaded.issues))
  const out: string[] = []
  const err: string[] = []
  const code = await explain({
    settings: loaded.settings,
    bytes: new TextEncoder().encode(typeof json === 'string' ? json : JSON.stringify(json)),
    surface: null,
    key,
    user: null,
    team: null,
    session: 's1',
    isJson,
    balances: async () => [],
    findKey: async (id) => (id === 'k1' ? keyRecord({ id }) : null),
    print: (line) => out.push(line),
    printError: (line) => err.push(line),
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

const OPENAI = 'providers:\n  openai: {key: k, model: gpt-5}\n'

describe('lynkr explain', () => {
  test('shows route, bounds, and what changes on the way', async () => {
    const { code, out } = await run(BODY, OPENAI)

    expect(code).toBe(0)
    expect(out).toContain('claude-sonnet-4-5, asked in anthropic, goes by default lane')
    expect(out).toContain('session  s1')
    expect(out).toContain('1. openai/gpt-5  https://api.openai.com/v1/chat/completions  transcode')
    expect(out).toContain('   lost: top_k')
    expect(out).toContain('   ~ model: "claude-sonnet-4-5" → "gpt-5"')
    expect(out).toContain('   - system: "s"')
  })

  test('ends with 1 where a budget would refuse, and says which', async () => {
    const { code, out } = await run(BODY, `${OPENAI}budgets:\n  - {scope: key, window: day, usd: 0.0001}\n`)

    expect(code).toBe(1)
    expect(out).toContain('budget   refused')
    expect(out).toContain('key:k1/day/usd: needs $')
  })

  test('holds the request to the lists of the key, as the running instance does', async () => {
    const keys = 'keys:\n  - {id: ci, env: CI_KEY, models: [gpt-*]}\n'

    const { code, err } = await run(BODY, `${OPENAI}${keys}`, { key: 'ci' })

    expect([code, err]).toEqual([1, expect.stringContaining('refused: ')])
  })

  test('a key that is none is told, not taken for one without budgets', async () => {
    expect(await run(BODY, OPENAI, { key: 'cj' })).toEqual({
      code: 2,
      out: '',
      err: 'lynkr: there is no key cj; `lynkr keys list` shows all',
    })
  })

  test('a store that cannot be opened is a sentence', async () => {
    writeFileSync(join(folder, 'lynkr.db'), 'x'.repeat(9_000))
    using cli = openLynkrCli({ LYNKR_DATA_DIR: folder, OPENAI_API_KEY: 'k' })

    const { code, error } = await cli.run(['explain', '--key', 'key_1'], {}, JSON.stringify(BODY))

    expect([code, error]).toEqual([1, expect.stringMatching(/^lynkr: .*lynkr\.db is not a database;.*\n$/)])
  })

  test('ends with 1 and the words that the client would get where the request is wrong', async () => {
    expect(await run({ model: 'claude-x', system: 's', messages: [] }, OPENAI)).toMatchObject({ code: 1 })
    expect((await run('{broken', OPENAI)).err).toContain('refused: the body is not valid JSON')
    expect((await run(BODY, `${OPENAI}strict: true\n`)).code).toBe(1)
  })

  test('is one JSON document with --json, the converted body in it', async () => {
    const { out } = await run(BODY, OPENAI, { isJson: true })

    expect(JSON.parse(out).targets[0].body.messages).toHaveLength(2)
  })
})
