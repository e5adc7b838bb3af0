import { z } from 'zod'
import { ACCESS_PATTERNS_MAX, COMMAND_ARGV_MAX, COMMAND_STRING_CHARS_MAX, COMMANDS_MAX } from '../core/limits.ts'

const description = z.string().max(1000).optional().describe('What the value means, for people and for models.')
const optional = z
  .boolean()
  .default(false)
  .describe('May be left out; the argument that holds it is then left out as a whole. Default: false.')

const intParameter = z
  .strictObject({
    type: z.literal('int'),
    min: z.int().describe('Smallest value, inclusive.'),
    max: z.int().describe('Largest value, inclusive.'),
    default: z.int().optional().describe('Used when the caller gives none.'),
    optional,
    description,
  })
  .describe('A whole number within a range.')

const enumParameter = z
  .strictObject({
    type: z.literal('enum'),
    values: z.array(z.string().min(1).max(256)).min(1).max(256).describe('The only values there are.'),
    default: z.string().optional().describe('Used when the caller gives none.'),
    optional,
    description,
  })
  .describe('One of a list of words.')

const boolParameter = z
  .strictObject({
    type: z.literal('bool'),
    flag: z.string().min(2).max(256).describe('The literal argument that `true` stands for, such as `--stat`.'),
    default: z.boolean().default(false).describe('Used when the caller gives none. Default: false.'),
    description,
  })
  .describe('A switch: its flag is in the argv or it is not.')

const stringParameter = z
  .strictObject({
    type: z.literal('string'),
    charset: z
      .string()
      .default('text')
      .describe('word, name, ref, ascii, text, or a bracket of ASCII characters such as [a-f0-9]. Default: text.'),
    min: z.int().min(0).default(1).describe('Fewest characters (code points). Default: 1.'),
    max: z.int().min(1).max(COMMAND_STRING_CHARS_MAX).default(256).describe('Most characters. Default: 256.'),
    default: z.string().optional().describe('Used when the caller gives none.'),
    optional,
    description,
  })
  .describe('A text of a fixed alphabet and length. Never seen by a shell.')

const pathParameter = z
  .strictObject({
    type: z.literal('path'),
    mode: z.enum(['read', 'write']).default('read').describe('What the command does with it. Default: read.'),
    kind: z
      .enum(['any', 'file', 'directory', 'new'])
      .default('any')
      .describe('What must be there; `new` need not exist, but its folder must. Default: any.'),
    default: z.string().optional().describe('Used when the caller gives none, such as `.`'),
    optional,
    description,
  })
  .describe('A path inside the workspace: checked by lynkr, then handed over as `./…`.')

const parameter = z.discriminatedUnion('type', [
  intParameter,
  enumParameter,
  boolParameter,
  stringParameter,
  pathParameter,
])

const limits = z
  .strictObject({
    timeoutMs: z.int().min(100).max(3_600_000).default(30_000).describe('Wall time, ms. Default: 30000.'),
    outputBytes: z
      .int()
      .min(1024)
      .max(64 * 1024 * 1024)
      .default(1024 * 1024)
      .describe('Both streams together; the command is killed beyond. Default: 1048576, what a model can still use.'),
    memoryMib: z.int().min(8).max(65_536).default(256).describe('Memory, without swap, MiB. Default: 256.'),
    cpus: z.number().min(0.05).max(64).default(1).describe('Processor cores. Default: 1.'),
    pids: z.int().min(4).max(4096).default(64).describe('Processes and threads. Default: 64.'),
    tmpMib: z.int().min(1).max(4096).default(16).describe('Size of /tmp, in memory, MiB. Default: 16.'),
  })
  .describe('What one run may use.')

const workspace = z
  .strictObject({
    root: z.string().min(1).max(4096).describe('Absolute path of the only folder the command sees, at /workspace.'),
    mode: z.enum(['read', 'write']).default('read').describe('`write` mounts it writable. Default: read.'),
  })
  .describe('The folder a command works on. Left out: it sees no file of the host.')

/** One command template, in structure. Its meaning is checked by `compileCommands`. */
export const commandSchema = z
  .strictObject({
    description: z.string().min(1).max(2000).describe('What it does, for people and for models.'),
    image: z
      .string()
      .regex(/^(?:sha256:[0-9a-f]{64}|[a-z0-9][a-z0-9._/:-]{0,254}(?:@sha256:[0-9a-f]{64})?)$/)
      .optional()
      .describe('Image id, name@sha256:digest, or a name pinned by `lynkr sandbox build`. Default: the busybox image.'),
    argv: z
      .array(z.string().max(4096))
      .min(1)
      .max(COMMAND_ARGV_MAX)
      .describe('Program and arguments. `{name}` stands for a parameter; `{{` and `}}` for braces.'),
    parameters: z.record(z.string(), parameter).default({}).describe('What a caller may fill in, by name.'),
    workspace: workspace.optional(),
    limits: limits.prefault({}),
    callers: z
      .array(z.string())
      .min(1)
      .max(ACCESS_PATTERNS_MAX)
      .describe('Ids of the keys that may call it; `*` within an id stands for any text. No default: say who.'),
  })
  .describe('A program with typed blanks that agents may run in a container.')

/** The `commands:` section, by name of the command. */
export const commandsSchema = z
  .record(z.string(), commandSchema)
  .refine((commands) => Object.keys(commands).length <= COMMANDS_MAX, `at most ${COMMANDS_MAX} commands`)
  .default({})
  .describe('Commands that agents may run, each in a container of its own. Default: none.')

export type CommandConfig = z.infer<typeof commandSchema>
export type ParameterConfig = z.infer<typeof parameter>
export type CommandLimits = z.infer<typeof limits>
