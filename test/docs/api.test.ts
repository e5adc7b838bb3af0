import { expect, test } from 'bun:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { ENDPOINTS } from '../../scripts/openapi/document.ts'
import openApi from '../../src/http/openapi.json' with { type: 'json' }
import { mountedRoutes } from '../support/mounted-routes.ts'

test('the description is valid OpenAPI 3.1, by somebody else’s validator', async () => {
  const validator = new Validator()

  const result = await validator.validate(structuredClone(openApi))

  expect(result).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('every endpoint that is mounted is described, and none that is not; scripts/openapi is where to add one', async () => {
  const described = ENDPOINTS.map(({ method, path }) => `${method} ${path}`)

  expect(described.toSorted()).toEqual(mountedRoutes())
})

test('every operation has an id of its own', () => {
  const ids = Object.values(openApi.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))

  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBe(ENDPOINTS.length)
})

test('every operation of the administration that asks the store says what it answers where the store fails', () => {
  const without = ENDPOINTS.filter(({ door, others }) => door === 'admin' && others?.[529] === undefined)

  expect(without.map(({ method, path }) => `${method} ${path}`)).toEqual(WITHOUT_STORE)
})

const WITHOUT_STORE = [
  'post /admin/circuit-breakers/{name}/reset',
  'get /admin/capabilities',
  'delete /admin/capabilities',
]
