import { isObject, type Json, listOf } from '../core/json.ts'
import { fields, refuse } from './refused.ts'
import { record } from './request.ts'

const TOP = fields(
  'messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields promptVariables additionalModelResponseFieldPaths requestMetadata performanceConfig serviceTier outputConfig',
)
const INFERENCE = fields('maxTokens temperature topP stopSequences')
const BLOCK = fields('text image document video toolUse toolResult guardContent cachePoint reasoningContent')
const SPEC = fields('name description inputSchema strict')
const CACHE_POINTS_MAX = 4

/** Refuses what Converse refuses: unknown members, blank texts, roles that do not alternate, calls without results. */
export function checkConverse(name: string, json: Json): void {
  check('', json, TOP)
  check('inferenceConfig', record(json.inferenceConfig), INFERENCE)
  if (/nova|llama/.test(name) && json.outputConfig !== undefined) {
    refuse("This model doesn't support the outputConfig field. Remove outputConfig and try again.")
  }
  const messages = listOf(json.messages).map(record)
  if (messages.length === 0) refuse('A conversation must start with a user message.')
  if (messages[0]?.role !== 'user') refuse('A conversation must start with a user message. Try again with one.')
  let open: readonly string[] = []
  let hasToolBlocks = false
  messages.forEach((message, i) => {
    check(`messages.${i}`, message, fields('role content'))
    if (i > 0 && message.role === messages[i - 1]?.role) {
      refuse('A conversation must alternate between user and assistant roles.')
    }
    const content = listOf(message.content).map(record)
    if (content.length === 0) refuse(`The content field in the Message object at messages.${i} is empty.`)
    for (const [k, block] of content.entries()) checkBlock(`messages.${i}.content.${k}`, block)
    const answered = content.flatMap(({ toolResult }) => (isObject(toolResult) ? [String(toolResult.toolUseId)] : []))
    if ([...open].sort().join() !== [...answered].sort().join()) {
      refuse(`Expected toolResult blocks at messages.${i}.content for the following Ids: ${open.join(', ')}`)
    }
    open = content.flatMap(({ toolUse }) => (isObject(toolUse) ? [String(toolUse.toolUseId)] : []))
    hasToolBlocks ||= open.length > 0 || answered.length > 0
    const hasDocument = content.some(({ document }) => document !== undefined)
    if (hasDocument && !content.some(({ text }) => text !== undefined)) {
      refuse('A text block is required in a message that contains a document.')
    }
  })
  for (const [i, block] of listOf(json.system).map(record).entries()) checkBlock(`system.${i}`, block)
  if (hasToolBlocks && json.toolConfig === undefined) {
    refuse('The toolConfig field must be defined when using toolUse and toolResult content blocks.')
  }
  checkTools(record(json.toolConfig), json.toolConfig !== undefined)
  if (/nova/.test(name)) checkBareSchemas(listOf(record(json.toolConfig).tools))
  if (!/claude|anthropic/.test(name) && JSON.stringify(json.toolConfig ?? {}).includes('"cachePoint":')) {
    refuse('Malformed input request: #/toolConfig/tools: extraneous key [cachePoint] is not permitted')
  }
  const points = JSON.stringify(json).split('"cachePoint":').length - 1
  if (points > CACHE_POINTS_MAX) refuse(`You can only have up to ${CACHE_POINTS_MAX} cache points.`)
}

function checkBlock(at: string, block: Json): void {
  check(at, block, BLOCK)
  if (Object.keys(block).length !== 1) refuse(`${at}: exactly one member must be set`)
  if (block.text !== undefined && String(block.text).trim() === '') {
    refuse(`The text field in the ContentBlock object at ${at} is blank. Add text to the text field, and try again.`)
  }
  const call = record(block.toolUse)
  if (block.toolUse !== undefined) {
    check(`${at}.toolUse`, call, fields('toolUseId name input'))
    if (!isObject(call.input)) refuse(`${at}.toolUse.input: must be an object`)
  }
  for (const { toolUseId } of [call, record(block.toolResult)]) {
    if (toolUseId !== undefined && !/^[a-zA-Z0-9_-]{1,64}$/.test(String(toolUseId))) {
      refuse(`Value '${toolUseId}' at '${at}.toolUseId' failed to satisfy constraint: [a-zA-Z0-9_-]+`)
    }
  }
  const { name } = record(block.document)
  if (name !== undefined && !/^[a-zA-Z0-9()[\] -]+$/.test(String(name)))
    refuse(`${at}.document.name: illegal characters`)
  if (block.image !== undefined && !/^(png|jpeg|gif|webp)$/.test(String(record(block.image).format))) {
    refuse(`${at}.image.format: unknown`)
  }
}

function checkTools(config: Json, isThere: boolean): void {
  check('toolConfig', config, fields('tools toolChoice'))
  const specs = listOf(config.tools).map(record)
  if (isThere && specs.every((tool) => tool.toolSpec === undefined)) refuse('toolConfig.tools: at least 1 is required')
  const names = specs.flatMap(({ toolSpec }) => (isObject(toolSpec) ? [String(toolSpec.name)] : []))
  for (const [i, tool] of specs.entries()) {
    if (tool.toolSpec === undefined) continue
    const spec = record(tool.toolSpec)
    check(`toolConfig.tools.${i}.toolSpec`, spec, SPEC)
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(String(spec.name))) refuse(`toolConfig.tools.${i}.toolSpec.name: illegal`)
    if (spec.description !== undefined && spec.description === '') refuse('toolSpec.description: must not be empty')
    if (record(record(spec.inputSchema).json).type !== 'object')
      refuse('The value at inputSchema.json.type must be object')
  }
  const chosen = record(record(config.toolChoice).tool).name
  if (chosen !== undefined && !names.includes(String(chosen))) refuse(`toolChoice.tool.name: ${chosen} is not offered`)
}

/** Nova takes nothing else at the top of a tool's schema. */
function checkBareSchemas(tools: readonly unknown[]): void {
  for (const [i, tool] of tools.entries()) {
    const schema = record(record(record(record(tool).toolSpec).inputSchema).json)
    const at = `#/toolConfig/tools/${i}/toolSpec/inputSchema/json`
    const [extra] = Object.keys(schema).filter((key) => !/^(type|properties|required)$/.test(key))
    if (extra !== undefined) refuse(`Malformed input request: ${at}: extraneous key [${extra}] is not permitted`)
  }
}

function check(at: string, value: Json, allowed: ReadonlySet<string>): void {
  for (const name of Object.keys(value)) {
    if (!allowed.has(name)) refuse(`${at === '' ? '' : `${at}.`}${name}: extraneous key [${name}] is not permitted`)
  }
}
