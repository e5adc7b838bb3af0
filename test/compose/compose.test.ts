import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import manifest from '../../package.json' with { type: 'json' }
import { loadSettings } from '../../src/config/load.ts'
import { installPrograms } from '../support/debian.ts'
import { findPrometheus, runTool } from '../support/prometheus.ts'
import { requireService } from '../support/services.ts'

const prometheus = await requireService('prometheus', findPrometheus)
const text = await Bun.file('docker-compose.yml').text()
// Untyped, for assertions about single fields.
const { services, volumes } = JSON.parse(JSON.stringify(Bun.YAML.parse(text)))

const compose = await requireService('docker-compose', async () => {
  const [path = ''] = await installPrograms(['docker-compose'], ['docker-compose'])
  return path
})

test.if(compose !== null)(
  'docker-compose takes the file, and says which secrets are missing',
  async () => {
    const check = async (env: Record<string, string>) => {
      const command = [compose ?? '', '--file', 'docker-compose.yml', 'config', '--quiet']
      const child = Bun.spawn(command, {
        env: { PATH: process.env.PATH ?? '', ...env },
        stdout: 'pipe',
        stderr: 'pipe',
      })
      return { error: await child.stderr.text(), code: await child.exited }
    }

    expect(await check({ LYNKR_API_KEYS: 'a-key-of-at-least-22-characters', POSTGRES_PASSWORD: 'p' })).toEqual({
      error: '',
      code: 0,
    })
    expect(await check({ POSTGRES_PASSWORD: 'p' })).toMatchObject({ error: expect.stringContaining('LYNKR_API_KEYS') })
  },
  30_000,
)

describe('docker-compose.yml', () => {
  test('runs lynkr as hardened as Kubernetes does, and gives it time to drain', () => {
    expect(services.lynkr).toMatchObject({
      image: `lynkr:${manifest.version}`,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      stop_grace_period: '45s',
    })
  })

  test('opens no port but on loopback', () => {
    const ports = Object.values(services).flatMap((service) => JSON.parse(JSON.stringify(service)).ports ?? [])

    expect(ports).toEqual(['127.0.0.1:8080:8080', '127.0.0.1:3000:3000'])
  })

  test('has every file that it mounts, and every volume', () => {
    const mounts = [...text.matchAll(/^ +- (\S+?):\/|volumes: \["([^:]+):/gm)].map(
      (match) => match[1] ?? match[2] ?? '',
    )
    const missing = mounts.filter((name) => (name.startsWith('./') ? !existsSync(name) : !(name in volumes)))

    expect(mounts.length).toBeGreaterThan(8)
    expect(missing).toEqual([])
  })

  test('gives lynkr settings that it takes, with one provider’s key', () => {
    const given = { LYNKR_API_KEYS: 'a-key-for-clients-0123456789', ANTHROPIC_API_KEY: 'a-key', POSTGRES_PASSWORD: 'p' }
    const environment = Object.entries(services.lynkr.environment).map(([name, value]) => [
      name,
      `${value}`.replaceAll(
        /\$\{(\w+):[^}]*\}/g,
        (_, variable: string) => Object.entries(given).find(([key]) => key === variable)?.[1] ?? '',
      ),
    ])

    const loaded = loadSettings(Object.fromEntries(environment.filter(([, value]) => value !== '')), null)

    expect(loaded).not.toHaveProperty('issues')
  })
})

describe.if(prometheus !== null)('the Prometheus of docker-compose.yml', () => {
  test('has a configuration and alert rules that promtool accepts', async () => {
    const { code, output } = await runTool([prometheus?.promtool ?? '', 'check', 'config', 'compose/prometheus.yml'])

    expect(output).not.toContain('FAILED')
    expect(code).toBe(0)
  })
})
