import { z } from 'zod'
import { keysSchema } from '../auth/key-config.ts'
import { budgetsSchema, pricesSchema } from '../budget/budget-config.ts'
import { limitsSchema } from '../budget/limit-config.ts'
import { CREDENTIAL_OWNERS } from '../core/target.ts'
import { STRIP_NAMES } from '../dialect/strips/strip-table.ts'
import { commandsSchema } from '../policy/command-config.ts'
import { PROVIDER_TABLE } from '../routing/provider-table.ts'
import type { Setting } from './setting.ts'
import { SETTING_KEYS, SETTINGS, type SettingKey, type SettingSchema } from './settings.ts'

const modelName = z.string().min(1).max(256)
/** A name, or the beginning of names with a `*` behind. */
const modelPattern = modelName.regex(/^[^*]*\*?$/, 'has a * at its end or nowhere')

const quirksSchema = z
  .strictObject({
    maxTokensField: z.enum(['max_completion_tokens', 'max_tokens']).optional().describe('Name of the output limit.'),
    systemRole: z.enum(['system', 'developer']).optional().describe('Role of the initial prompt.'),
    midSystem: z.enum(['keep', 'fold']).optional().describe('Whether a system turn may stand inside a conversation.'),
    streamUsage: z.boolean().optional().describe('Whether stream_options.include_usage is known.'),
    reasoningField: z
      .enum(['reasoning_content', 'reasoning', 'reasoning_details', 'content'])
      .optional()
      .describe('Field that carries earlier reasoning back.'),
    needsReasoning: z.boolean().optional().describe('Whether an earlier answer without its reasoning is refused.'),
    inlineThinking: z.boolean().optional().describe('Whether text may begin with reasoning in <think> tags.'),
    reasoningEffort: z.boolean().optional().describe('Whether reasoning_effort is known.'),
    reasoningEffortMax: z.enum(['high', 'xhigh', 'max']).optional().describe('Highest reasoning_effort known.'),
    responseFormat: z.boolean().optional().describe('Whether response_format is known.'),
    pdfInput: z.boolean().optional().describe('Whether a PDF may stand in a file part.'),
    userField: z.enum(['user', 'safety_identifier']).optional().describe("Field for a hash of the client's user id."),
    promptCacheKey: z.boolean().optional().describe('Whether prompt_cache_key is known.'),
    omitModel: z.boolean().optional().describe('Whether a model field is refused.'),
    omitStream: z.boolean().optional().describe('Whether a stream field is refused.'),
    anthropicVersion: z.string().optional().describe('anthropic_version in the body, in place of the header.'),
    betas: z
      .strictObject({ in: z.enum(['header', 'body']), known: z.array(z.string()) })
      .optional()
      .describe('Beginnings of the anthropic-beta values it knows, and where they go. Others are dropped.'),
    strips: z
      .array(z.enum(STRIP_NAMES))
      .optional()
      .describe('Features that it refuses: left out together with their betas; docs/capabilities.md lists them.'),
    threads: z.boolean().optional().describe('Whether it keeps conversations that it is asked to keep.'),
    blocks: z.array(z.string()).optional().describe('Types of blocks that it knows in messages. Default: all.'),
    dropMembers: z.array(z.string()).optional().describe('Top-level members of a request that it refuses.'),
    toolSchemas: z
      .strictObject({
        inlineRefs: z.boolean().optional().describe('Whether references must be written out.'),
        constAsEnum: z.boolean().optional().describe('Whether const must become an enum of one.'),
        without: z.array(z.string()).optional().describe('Keywords that are left out wherever they stand.'),
        formats: z.array(z.string()).optional().describe('Values of format that it knows. Default: all.'),
        openLists: z.boolean().optional().describe('Whether a list need not say what it holds.'),
      })
      .optional()
      .describe('What it takes of JSON Schema in tools.'),
    toolIdCharsMax: z.int().min(27).optional().describe('Longest id of a tool call that it takes. Default: 40.'),
    parallelToolCalls: z.boolean().optional().describe('Whether parallel_tool_calls is known.'),
    plainTextContent: z.boolean().optional().describe('Whether content must be a plain string.'),
    tellsCost: z.boolean().optional().describe('Whether the cost in a usage is what the server takes, in dollars.'),
    maxOutputTokensCap: z.int().min(1).optional().describe('Longest output the server accepts, in tokens.'),
  })
  .describe("What differs from the dialect's default at this server.")

const pathsSchema = z
  .strictObject({
    chat: z.string().startsWith('/').optional().describe('{model} stands for the model name.'),
    chatStream: z.string().startsWith('/').optional().describe('The same for streamed answers, if it differs.'),
    countTokens: z.string().startsWith('/').nullable().optional(),
    models: z.string().startsWith('/').nullable().optional(),
    embeddings: z.string().startsWith('/').nullable().optional(),
  })
  .describe('Endpoints below the address; null where the server has none.')

/** One entry of `providers:`; its name is a row of the provider table, or free with `type`. */
const providerSchema = z.strictObject({
  type: z
    .enum(PROVIDER_TABLE.map((row) => row.id))
    .optional()
    .describe('Row of the provider table. Default: the name of the entry.'),
  base: z.string().optional().describe("Address. Default: the row's environment names, then the row's own."),
  key: z
    .string()
    .min(1)
    .optional()
    .describe('Credential. Better kept in the environment: see keyEnv.')
    .meta({ secret: true }),
  keyEnv: z
    .string()
    .min(1)
    .optional()
    .describe("Environment variable that holds the credential. Default: the row's own names."),
  credential: z
    .enum(CREDENTIAL_OWNERS)
    .optional()
    .describe(
      "Whose credential requests carry: the operator's keys; the client's own, passed on and never kept (subscription users); either: the client's own where it brings one. Default: <NAME>_CREDENTIAL, else operator.",
    ),
  forms: z
    .enum(['client', 'own'])
    .optional()
    .describe(
      "client: a request goes by the vendor's form that speaks the client's dialect, where lynkr knows one; own: always by this row's. Default: <NAME>_FORMS, else client; own where paths or quirks are set.",
    ),
  model: modelName.optional().describe('What every model name becomes that nothing else maps.'),
  models: z.array(modelName).max(1_000).optional().describe('Models it is known to have.'),
  catalogue: z.enum(['open', 'closed']).default('open').describe('closed: it has no models but those listed.'),
  modelMap: z
    .record(modelPattern, modelPattern)
    .optional()
    .describe('Name or pattern with a * at its end → name there.'),
  apiVersion: z.string().optional().describe('api-version of dated Azure addresses.'),
  region: z.string().min(1).optional().describe('Region of a cloud: us-east-1, europe-west1, global.'),
  project: z.string().min(1).optional().describe('Google Cloud project.'),
  resource: z.string().min(1).optional().describe('Name of the Microsoft Foundry resource.'),
  workspace: z.string().min(1).optional().describe('Workspace id on the Claude Platform on AWS.'),
  headers: z.record(z.string(), z.string()).optional().describe('Headers that every request to it carries.'),
  paths: pathsSchema.optional(),
  quirks: quirksSchema.optional(),
})

const targetSchema = z
  .union([
    z.string().regex(/^[^/]+\/.+$/, 'must be written as provider/model'),
    z.strictObject({ provider: z.string(), model: modelName }),
  ])
  .describe('A place: provider/model, or both apart. A * at the end of the model stands for what the name’s * matched.')

const routeTargetSchema = z
  .union([
    z.string().regex(/^[^/]+\/.+$/, 'must be written as provider/model'),
    z.strictObject({
      provider: z.string(),
      model: modelName,
      weight: z
        .int()
        .min(0)
        .max(1_000)
        .optional()
        .describe(
          'Part of the sessions that begin here, over the sum of weights; 0: only when the others fail. Default: 1.',
        ),
    }),
  ])
  .describe('A place: provider/model, or both apart, with a weight where wished.')

type SettingMembers = { [Key in SettingKey]: z.ZodOptional<SettingSchema<Key>> }

/** Each setting as a member of the file, none of them needed. */
function settingMembers(): SettingMembers {
  const members = SETTING_KEYS.map((key) => [key, settingMember(SETTINGS[key])])
  return Object.fromEntries(members)
}

function settingMember({ schema, byDefault, meaning, env, isSecret }: Setting): z.ZodOptional {
  const value = byDefault === undefined ? schema() : schema().default(byDefault)
  const secret = isSecret === true && { secret: true }
  return value
    .describe(meaning)
    .meta({ env, ...secret })
    .optional()
}

/** The whole of `lynkr.yaml`: every setting by its own name, and the sections that the environment cannot express. */
export const fileSchema = z.strictObject({
  ...settingMembers(),
  providers: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'is made of small letters, digits and dashes'),
      providerSchema.nullable(),
    )
    .optional()
    .describe('Upstreams in the order of preference. With this section only those listed are used.'),
  models: z.record(modelPattern, targetSchema).optional().describe('Other names of models; a name may end in *.'),
  routes: z
    .record(modelPattern, z.array(routeTargetSchema).min(1).max(8))
    .optional()
    .describe('Places to try for a model, in order, or by session where one has a weight; a name may end in *.'),
  keys: keysSchema
    .optional()
    .describe('Keys of clients, by hash or by environment variable; docs/budgets.md explains them.'),
  limits: limitsSchema.optional().describe('Rate limits: requests and tokens per minute, requests at a time.'),
  budgets: budgetsSchema.optional().describe('Limits on what is spent; docs/budgets.md explains them.'),
  prices: pricesSchema.optional().describe('Prices in dollars per million tokens that win over the built-in table.'),
  commands: commandsSchema.removeDefault().optional(),
})

export type FileConfig = z.output<typeof fileSchema>
export type ProviderEntry = z.output<typeof providerSchema>
export type TargetEntry = z.output<typeof targetSchema> | z.output<typeof routeTargetSchema>
