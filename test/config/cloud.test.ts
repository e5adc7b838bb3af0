import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../../src/config/environment.ts'
import { issuesOf, loadEnvironment, loadFile, settingsOf } from './support.ts'

const AWS = { MODEL_PROVIDER: 'bedrock', AWS_REGION: 'eu-west-1' }
const PAIR = { AWS_ACCESS_KEY_ID: 'AKIA0000000000000001', AWS_SECRET_ACCESS_KEY: 's/e+c' }
const VERTEX = { MODEL_PROVIDER: 'vertex', GOOGLE_CLOUD_PROJECT: 'my-project' }

function lane(environment: Environment) {
  const { defaultProvider } = settingsOf(loadEnvironment(environment))
  return { ...defaultProvider, keys: defaultProvider?.keys.map((key) => key.reveal()) }
}

let home = ''
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'lynkr-home-'))
  mkdirSync(join(home, '.aws'))
  const profiles = [
    '# a comment',
    '[default]',
    'aws_access_key_id = AKIADEFAULT000000001',
    'aws_secret_access_key=default/secret=',
    '',
    '[ work ]',
    'aws_access_key_id=AKIAWORK000000000001',
    'aws_secret_access_key = work/secret',
    'aws_session_token = t//o=',
    '[empty]',
    'region = us-east-1',
  ]
  writeFileSync(join(home, '.aws/credentials'), profiles.join('\r\n'))
})
afterAll(() => rmSync(home, { recursive: true }))

describe('Bedrock', () => {
  test('signs with the account where no bearer key is set, in the region', () => {
    const signing = { type: 'aws-sigv4', service: 'bedrock', region: 'eu-west-1' } as const

    expect(lane({ ...AWS, ...PAIR })).toMatchObject({ auth: signing, keys: ['AKIA0000000000000001:s/e+c'] })
    expect(lane({ ...AWS, ...PAIR, AWS_SESSION_TOKEN: 't/o=' }).keys).toEqual(['AKIA0000000000000001:s/e+c:t/o='])
    expect(lane({ ...AWS, ...PAIR }).baseUrl).toBe('https://bedrock-runtime.eu-west-1.amazonaws.com')
  })

  test('prefers its bearer key', () => {
    expect(lane({ ...AWS, ...PAIR, AWS_BEARER_TOKEN_BEDROCK: 'ABSK1' })).toMatchObject({
      auth: 'bearer',
      keys: ['ABSK1'],
    })
  })

  test('takes a profile of the credentials file', () => {
    expect(lane({ ...AWS, HOME: home, AWS_PROFILE: 'work' }).keys).toEqual(['AKIAWORK000000000001:work/secret:t//o='])
    expect(lane({ ...AWS, HOME: home }).keys).toEqual(['AKIADEFAULT000000001:default/secret='])
    expect(lane({ ...AWS, ...PAIR, HOME: home }).keys).toEqual(['AKIA0000000000000001:s/e+c'])
    expect(issuesOf(loadEnvironment({ ...AWS, HOME: home, AWS_PROFILE: 'empty' }))).toEqual([
      `AWS_PROFILE: ${home}/.aws/credentials has no access key for the profile "empty"`,
    ])
  })

  test('is not enabled by an account’s credential alone, which is there for many purposes', () => {
    expect(settingsOf(loadEnvironment({ AWS_REGION: 'x', ...PAIR })).providers).toEqual([])
    expect(settingsOf(loadEnvironment({ AWS_REGION: 'x', AWS_BEARER_TOKEN_BEDROCK: 'k' })).providers).toHaveLength(1)
  })

  test('says what it lacks', () => {
    expect(issuesOf(loadEnvironment({ MODEL_PROVIDER: 'bedrock' }))).toEqual([
      'AWS_REGION: Amazon Bedrock, Claude by InvokeModel needs its region; set AWS_REGION or AWS_DEFAULT_REGION',
      expect.stringMatching(/^BEDROCK_API_KEY: .*AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and/),
    ])
  })

  test('takes its region and a key pair from the file', () => {
    const yaml = 'providers:\n  bedrock:\n    region: ap-south-1\n    keyEnv: MY_PAIR\n'
    const { providers } = settingsOf(loadFile(yaml, { MY_PAIR: 'AKIA0000000000000001:s:t' }))

    expect(providers[0]?.auth).toEqual({ type: 'aws-sigv4', service: 'bedrock', region: 'ap-south-1' })
  })

  test('is known by its row, for its prices, under any name', () => {
    const yaml =
      'providers:\n  europe: { type: bedrock, region: eu-west-1, key: k }\n  bedrock: { region: x, key: k }\n'

    expect(settingsOf(loadFile(yaml)).providers.map(({ row }) => row)).toEqual(['bedrock', undefined])
  })
})

describe('Vertex', () => {
  const key = { type: 'service_account', client_email: 'a@b', private_key: 'p' }

  test.each([
    ['global', 'https://aiplatform.googleapis.com'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com'],
    ['europe-west1', 'https://europe-west1-aiplatform.googleapis.com'],
  ])('is found in %s', (region, url) => {
    const provider = lane({ ...VERTEX, VERTEX_ACCESS_TOKEN: 't', CLOUD_ML_REGION: region })

    expect(provider).toMatchObject({ baseUrl: url, auth: 'bearer', keys: ['t'] })
    expect(provider.paths?.chat).toStartWith(`/v1/projects/my-project/locations/${region}/publishers/`)
  })

  test('reads the key file once, at the start, and says what is wrong with it', () => {
    const path = join(home, 'key.json')
    const load = (content: string) => {
      writeFileSync(path, content)
      return loadEnvironment({ ...VERTEX, GOOGLE_APPLICATION_CREDENTIALS: path })
    }

    const { defaultProvider } = settingsOf(load(JSON.stringify(key)))
    expect(defaultProvider?.auth).toEqual({ type: 'google' })
    expect(defaultProvider?.keys.map((one) => JSON.parse(one.reveal()))).toEqual([key])
    const place = `GOOGLE_APPLICATION_CREDENTIALS: ${path}`
    expect(issuesOf(load('{'))).toEqual([`${place} is not JSON`])
    expect(issuesOf(load('{"type":"service_account"}'))).toEqual([`${place} has no client_email, no private_key`])
    expect(issuesOf(load('{"type":"external_account"}'))).toEqual([
      `${place} is of type "external_account"; known are service_account and authorized_user`,
    ])
    expect(issuesOf(loadEnvironment({ ...VERTEX, GOOGLE_APPLICATION_CREDENTIALS: '/nowhere' }))).toEqual([
      'GOOGLE_APPLICATION_CREDENTIALS: /nowhere does not exist',
    ])
    const pasted = loadEnvironment({ ...VERTEX, GOOGLE_APPLICATION_CREDENTIALS: '{"private_key":"a secret' })
    expect(issuesOf(pasted)).toEqual([
      'GOOGLE_APPLICATION_CREDENTIALS: must name the file of a key, and holds a key itself',
    ])
  })
})

test('Foundry is found by the name of its resource', () => {
  const environment = { ANTHROPIC_FOUNDRY_API_KEY: 'k', ANTHROPIC_FOUNDRY_RESOURCE: 'my-res' }

  expect(lane(environment).baseUrl).toBe('https://my-res.services.ai.azure.com/anthropic')
  expect(lane({ ...environment, AZURE_ANTHROPIC_ENDPOINT: 'https://own.example' }).baseUrl).toBe('https://own.example')
})

test('the Claude Platform on AWS is told its workspace', () => {
  const environment = { ANTHROPIC_AWS_API_KEY: 'k', AWS_REGION: 'us-east-1', ANTHROPIC_AWS_WORKSPACE_ID: 'wrkspc_1' }

  expect(lane(environment).headers).toEqual({ 'anthropic-version': '2023-06-01', 'anthropic-workspace-id': 'wrkspc_1' })
})

test.each([
  [{ ...AWS, AWS_SHARED_CREDENTIALS_FILE: tmpdir() }, 'AWS_SHARED_CREDENTIALS_FILE'],
  [{ ...VERTEX, GOOGLE_APPLICATION_CREDENTIALS: tmpdir() }, 'GOOGLE_APPLICATION_CREDENTIALS'],
])('a file of credentials that cannot be read is an issue like any other', (environment, place) => {
  expect(issuesOf(loadEnvironment(environment))).toEqual([`${place}: ${tmpdir()} cannot be read: it is a folder`])
})
