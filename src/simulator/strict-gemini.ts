import { isObject, type Json, listOf } from '../core/json.ts'
import { fields, refuse } from './refused.ts'
import { record } from './request.ts'

const TOP = fields('contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels')
const GENERATION = fields(
  'maxOutputTokens temperature topP topK stopSequences responseMimeType responseSchema responseJsonSchema thinkingConfig candidateCount seed presencePenalty frequencyPenalty mediaResolution',
)
const PART = fields('text inlineData fileData functionCall functionResponse thought thoughtSignature')
const DECLARATION = fields('name description parameters parametersJsonSchema response')
const SCHEMA = fields(
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum',
)
const TYPES = /^(string|number|integer|boolean|array|object|null)$/i
const STOP_SEQUENCES_MAX = 5

/** Refuses what Gemini refuses: unknown names anywhere, schemas beyond its subset, calls and results out of step. */
export function checkGemini(name: string, json: Json): void {
  check('', json, TOP)
  const contents = listOf(json.contents).map(record)
  if (contents.length === 0) refuse('* GenerateContentRequest.contents: contents is not specified')
  let pending = 0
  contents.forEach(({ role, parts, ...rest }, i) => {
    const at = `contents[${i}]`
    check(at, rest, new Set())
    if (role !== 'user' && role !== 'model') refuse(`Please use a valid role: user, model.`)
    if (listOf(parts).length === 0) refuse(`* GenerateContentRequest.${at}.parts: contents.parts must not be empty.`)
    const all = listOf(parts).map(record)
    for (const [k, part] of all.entries()) checkPart(`${at}.parts[${k}]`, part)
    const answers = all.filter((part) => part.functionResponse !== undefined).length
    if (answers !== pending) {
      refuse(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      )
    }
    const calls = all.filter((part) => part.functionCall !== undefined)
    pending = calls.length
    if (pending > 0 && contents[i - 1]?.role !== 'user') {
      refuse(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      )
    }
    if (/gemini-3/.test(name) && calls.length > 0 && typeof calls[0]?.thoughtSignature !== 'string') {
      refuse('Function call is missing a thought_signature in functionCall parts.')
    }
  })
  if (contents.at(-1)?.role === 'model') {
    refuse('Please ensure that multiturn requests end with a user role or a function response.')
  }
  const config = record(json.generationConfig)
  check('generation_config', config, GENERATION)
  if (listOf(config.stopSequences).length > STOP_SEQUENCES_MAX) refuse('stop_sequences: at most 5 are allowed')
  if (config.responseSchema !== undefined) checkSchema('generation_config.response_schema', config.responseSchema)
  check('generation_config.thinking_config', record(config.thinkingConfig), THINKING)
  for (const [i, tool] of listOf(json.tools).map(record).entries()) {
    for (const [k, one] of listOf(tool.functionDeclarations).map(record).entries()) {
      checkDeclaration(`tools[${i}].function_declarations[${k}]`, one)
    }
  }
}

const THINKING = fields('thinkingBudget thinkingLevel includeThoughts')

function checkPart(at: string, part: Json): void {
  check(at, part, PART)
  const { text, inlineData, fileData, functionCall, functionResponse } = part
  const data = [text, inlineData, fileData, functionCall, functionResponse].filter((value) => value !== undefined)
  if (data.length !== 1) refuse(`${at}.data: required oneof field 'data' must have one initialized field`)
  if (functionResponse !== undefined && !isObject(record(functionResponse).response)) {
    refuse(`Invalid value at '${at}.function_response.response'`)
  }
  if (functionCall !== undefined && !isObject(record(functionCall).args)) {
    refuse(`Invalid value at '${at}.function_call.args'`)
  }
}

function checkDeclaration(at: string, declaration: Json): void {
  check(at, declaration, DECLARATION)
  if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(String(declaration.name))) refuse(`${at}.name: Invalid function name`)
  const { parameters, parametersJsonSchema } = declaration
  if (parametersJsonSchema !== undefined) {
    if (parameters !== undefined) refuse(`${at}: parameters and parameters_json_schema are mutually exclusive`)
    checkJsonSchema(`${at}.parameters_json_schema`, parametersJsonSchema)
  }
  if (parameters !== undefined) checkSchema(`${at}.parameters`, parameters)
}

/** Taken as it is, but for references that lead nowhere or have anything beside them. */
function checkJsonSchema(at: string, value: unknown): void {
  if (record(value).type !== 'object') refuse(`${at}: schema should be of type OBJECT`)
  if (JSON.stringify(value).includes('"$ref":"')) refuse(`${at}: reference to undefined schema`)
}

function checkSchema(at: string, value: unknown): void {
  const schema = record(value)
  if (schema.type === undefined && schema.anyOf === undefined) {
    refuse(`${at}: schema didn't specify the schema type field`)
  }
  if (schema.type === 'object' && Object.keys(record(schema.properties)).length === 0) {
    refuse(`${at}.properties: should be non-empty for OBJECT type`)
  }
  check(at, schema, SCHEMA)
  if (schema.type !== undefined && !TYPES.test(String(schema.type))) refuse(`Invalid value at '${at}.type'`)
  checkOwners(at, schema)
  if (listOf(schema.enum).some((one) => typeof one !== 'string')) refuse(`Invalid value at '${at}.enum' (TYPE_STRING)`)
  if (listOf(schema.enum).includes('')) refuse(`${at}.enum[${listOf(schema.enum).indexOf('')}]: cannot be empty`)
  for (const [name, one] of Object.entries(record(schema.properties))) checkSchema(`${at}.properties[${name}]`, one)
  if (schema.items !== undefined) checkSchema(`${at}.items`, schema.items)
  if (schema.anyOf !== undefined && Object.keys(schema).length > 1) {
    refuse(`${at}: specified other fields alongside any_of. When using any_of, it must be the only field set.`)
  }
  for (const [i, one] of listOf(schema.anyOf).entries()) checkSchema(`${at}.any_of[${i}]`, one)
  for (const name of listOf(schema.required)) {
    if (!Object.hasOwn(record(schema.properties), String(name))) {
      refuse(`${at}.required: property '${name}' is not defined`)
    }
  }
}

const OWNERS = { properties: 'OBJECT', required: 'OBJECT', items: 'ARRAY', enum: 'STRING' } as const

function checkOwners(at: string, schema: Json): void {
  for (const [member, type] of Object.entries(OWNERS)) {
    if (schema[member] === undefined || String(schema.type).toUpperCase() === type) continue
    refuse(`${at}.${member}: only allowed for ${type} type`)
  }
}

function check(at: string, value: Json, allowed: ReadonlySet<string>): void {
  for (const name of Object.keys(value)) {
    if (allowed.has(name)) continue
    const place = at === '' ? '' : ` at '${at}'`
    refuse(`Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`)
  }
}
