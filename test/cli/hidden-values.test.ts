import { afterAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configuredSandbox } from '../../src/cli/configured-sandbox.ts'
import { loadSettings, type Settings } from '../../src/config/load.ts'
import { REDACTED } from '../../src/core/secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-hidden-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'work'))

/** A docker client whose every container prints what `shown` holds. */
const shown = join(folder, 'shown')
const client = join(folder, 'docker')
writeFileSync(client, `#!/bin/sh\ncase "$1" in image) echo '{"Env":[]}' ;; run) cat '${shown}' ;; esac\n`)
chmodSync(client, 0o755)

const LINE = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'
const googleFile = join(folder, 'google.json')
writeFileSync(
  googleFile,
  JSON.stringify({
    type: 'service_account',
    client_email: 'a@b.iam.gserviceaccount.com',
    private_key: `-----BEGIN PRIVATE KEY-----\n${LINE}\n-----END PRIVATE KEY-----\n`,
  }),
)

const AWS_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const CLIENT_KEY = 'a-key-of-a-client-in-a-variable'

const environment = {
  HOME: folder,
  PATH: process.env.PATH,
  LYNKR_DATA_DIR: join(folder, 'data'),
  LYNKR_SANDBOX_CLIENT: client,
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: AWS_SECRET,
  AWS_REGION: 'eu-west-1',
  GOOGLE_APPLICATION_CREDENTIALS: googleFile,
  GOOGLE_CLOUD_PROJECT: 'project-1',
  ANN_KEY: CLIENT_KEY,
  DATABASE_URL: 'postgres://lynkr:a-long-database-password@db.example/lynkr',
  OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a-token-of-the-collector',
}

const file = join(folder, 'lynkr.yaml')

function load(anthropicKey: string): Settings {
  writeFileSync(
    file,
    [
      `providers: { anthropic: { key: ${anthropicKey} }, bedrock: {}, vertex: {} }`,
      'keys: [{ id: ann, env: ANN_KEY }]',
      `commands: { show: { description: Shows., image: sha256:${'0'.repeat(64)}, argv: [cat], callers: ["*"] } }`,
    ].join('\n'),
  )
  const loaded = loadSettings(environment, file)
  if ('issues' in loaded) throw new Error(JSON.stringify(loaded.issues))
  return loaded.settings
}

async function show(text: string, settings: Settings, latest = settings): Promise<string> {
  writeFileSync(shown, text)
  const { commands } = configuredSandbox({ settings, environment, latest: () => latest })
  let output = ''
  const onOutput = (piece: { readonly text: string }): void => {
    output += piece.text
  }
  await commands.run({ id: 'cli' }, 'show', {}, { signal: new AbortController().signal, onOutput })
  return output
}

describe("a command's output", () => {
  test.each([
    ['the secret half of an AWS key', AWS_SECRET],
    ["a line of a Google account's private key", LINE],
    ["a client's key from a variable", CLIENT_KEY],
    ['the password of the database', 'a-long-database-password'],
    ["a value of the collector's headers", 'a-token-of-the-collector'],
    ["a provider's key", 'a-provider-key-of-old'],
  ])('does not show %s', async (_, secret) => {
    expect(await show(`SECRET=${secret}\n`, load('a-provider-key-of-old'))).toBe(`SECRET=${REDACTED}\n`)
  })

  test('does not show a key that only begins like an account', async () => {
    expect(await show('{not-an-account}\n', load('"{not-an-account}"'))).toBe(`${REDACTED}\n`)
  })

  test('does not show a key that a reload has brought', async () => {
    const started = load('a-provider-key-of-old')
    const latest = load('a-provider-key-of-late')

    expect(await show('a-provider-key-of-late\n', started, latest)).toBe(`${REDACTED}\n`)
  })
})
