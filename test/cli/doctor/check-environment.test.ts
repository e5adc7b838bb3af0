import { expect, test } from 'bun:test'
import { checkEnvironment } from '../../../src/cli/doctor/check-environment.ts'

test.each([
  ['LYNKR_API_KEY', 'LYNKR_API_KEYS'],
  ['LYNKR_PORT', 'PORT'],
  ['LYNKR_DATABASE_URL', 'DATABASE_URL'],
  ['LYNKR_WORKER', 'LYNKR_WORKERS'],
])('a variable %s, which nobody reads, is told with the one that is meant: %s', (name, meant) => {
  const findings = checkEnvironment({ [name]: 'secret-of-the-test' })

  expect(findings).toEqual([
    { check: 'configuration', status: 'warning', finding: `nobody reads ${name}`, fix: `Is ${meant} what is meant?` },
  ])
})

test('variables that are read, by lynkr or by others, are no finding', () => {
  const names = ['LYNKR_API_KEYS', 'LYNKR_DATA_DIR', 'LYNKR_CONFIG', 'LYNKR_KEY', 'LYNKR_TEAM_COLOUR', 'PORT', 'PATH']

  expect(checkEnvironment(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([])
})

test('what Kubernetes tells of a service called lynkr is no finding', () => {
  const told = { LYNKR_PORT: 'tcp://10.0.0.1:8080', LYNKR_SERVICE_PORT: '8080', LYNKR_PORT_8080_TCP_PORT: '8080' }

  expect(checkEnvironment(told)).toEqual([])
})
