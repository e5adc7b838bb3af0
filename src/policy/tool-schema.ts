import type { JsonSchema } from '../core/commands.ts'
import { tryCharset } from './charset.ts'
import type { ParameterConfig } from './command-config.ts'
import type { Parameter } from './parameter.ts'

/** The JSON Schema (2020-12, object, closed) of a template's values: what `bindCommand` accepts, as far as a schema can say. */
export function toolSchema(parameters: readonly Parameter[]): JsonSchema {
  const required = parameters.filter(({ config }) => isRequired(config)).map(({ name }) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, config }) => [name, valueSchema(config)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

function isRequired(config: ParameterConfig): boolean {
  return config.type !== 'bool' && !config.optional && config.default === undefined
}

function valueSchema(config: ParameterConfig): JsonSchema {
  return {
    ...typeSchema(config),
    ...(config.default !== undefined && { default: config.default }),
    ...(config.description !== undefined && { description: config.description }),
  }
}

function typeSchema(config: ParameterConfig): JsonSchema {
  switch (config.type) {
    case 'int':
      return { type: 'integer', minimum: config.min, maximum: config.max }
    case 'enum':
      return { type: 'string', enum: config.values }
    case 'bool':
      return { type: 'boolean' }
    case 'string':
      return {
        type: 'string',
        minLength: config.min,
        maxLength: config.max,
        pattern: `^[${tryCharset(config.charset) ?? ''}]*$`,
      }
    case 'path':
      return { type: 'string', minLength: 1, description: 'Path inside the workspace' }
  }
}
