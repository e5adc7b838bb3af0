import { describe, expect, test } from 'bun:test'
import { findProviders, type LocalServer } from '../../../src/cli/init/find-providers.ts'

async function find(environment: Record<string, string>, servers: readonly LocalServer[] = []) {
  const looked = await findProviders(environment, servers)
  return 'found' in looked ? looked.found : looked.issues
}

describe('what init finds', () => {
  test('providers that the environment names, with the variables, never their values', async () => {
    const found = await find({
      AZURE_OPENAI_API_KEY: 'a-secret',
      AZURE_OPENAI_ENDPOINT: 'https://a.example',
      OPENAI_API_KEY: 'another',
    })

    expect(found).toMatchObject([
      { id: 'azure-openai', key: { env: 'AZURE_OPENAI_API_KEY' }, base: 'https://a.example' },
      { id: 'openai', key: { env: 'OPENAI_API_KEY' }, base: null, where: 'OPENAI_API_KEY' },
    ])
    expect(JSON.stringify(found)).not.toContain('secret')
  })

  test('a server of this machine that says what it is; not what merely answers at its port', async () => {
    using ollama = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ version: '1' }) })
    using page = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => new Response('<p>hello', { headers: { 'content-type': 'text/html' } }),
    })
    const at = (id: string, port: number | undefined): LocalServer => ({
      id,
      base: `http://127.0.0.1:${port}`,
      path: '/',
    })

    const found = await find({}, [at('ollama', ollama.port), at('llamacpp', page.port), at('lmstudio', 1)])

    expect(found).toMatchObject([{ id: 'ollama', base: `http://127.0.0.1:${ollama.port}`, key: null }])
  })

  test('a server that the environment names already is not looked for', async () => {
    const found = await find({ OLLAMA_HOST: '127.0.0.1:1' }, [{ id: 'ollama', base: 'http://127.0.0.1:2', path: '/' }])

    expect(found).toMatchObject([{ id: 'ollama', base: '127.0.0.1:1' }])
  })

  test('what is wrong with the environment is told instead', async () => {
    expect(await find({ MODEL_PROVIDER: 'antropic' })).toMatchObject([{ place: 'MODEL_PROVIDER' }])
  })
})
