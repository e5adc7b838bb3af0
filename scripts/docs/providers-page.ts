import type { ProviderRow } from '../../src/routing/provider-row.ts'
import { environmentPrefix, findProviderRow, PROVIDER_TABLE } from '../../src/routing/provider-table.ts'

/** `docs/providers.md`: every row of the provider table. */
export function providersPage(): string {
  return [
    '# Providers',
    '',
    '<!-- Made by `bun scripts/generate-docs.ts` from src/routing/provider-table.ts; edit that file. -->',
    '',
    'A provider is a row of a table: where it is, what it speaks, how it wants its key. `MODEL_PROVIDER` names the one that takes',
    'every model nothing else claims; without it that is the first enabled one, in this order. A row is enabled when its key is',
    'set, a server without a key when its address is; rows marked † only when `MODEL_PROVIDER` or `lynkr.yaml` names them.',
    'What signs requests, an AWS account or a Google key file, serves many purposes and enables no row by itself.',
    '`ANTHROPIC_BASE_URL` and `OPENAI_BASE_URL` belong to clients and are ignored.',
    '',
    '| `MODEL_PROVIDER` | What it is | Speaks | Key | Address | Model |',
    '|---|---|---|---|---|---|',
    ...PROVIDER_TABLE.map(line),
    '',
    'Of several names the first that is set counts. Several keys stand in one value, with commas between. An address may be pasted',
    'with the path endings that belong to the provider; they are taken off. A model that is set takes the place of every name that',
    'neither `lynkr.yaml` nor the mapping below changes.',
    '',
    '## What the names become',
    '',
    '| Provider | Asked for | Sent | Without its date |',
    '|---|---|---|---|',
    ...PROVIDER_TABLE.flatMap((row) =>
      row.modelMap.map(
        ({ from, to, dropsDate }) =>
          `| \`${row.id}\` | \`${from}\` | \`${to}\` | ${dropsDate === true ? 'yes' : 'no'} |`,
      ),
    ),
    '',
    "## The client's own dialect",
    '',
    'A vendor may speak more than one dialect by one key. A request in the dialect of such a form takes it instead of the row, and',
    'passes through as it came; keys, models, limits, breakers and names in metrics and prices stay those of the row.',
    '',
    '| Provider | Asked in | Goes as | For models |',
    '|---|---|---|---|',
    ...PROVIDER_TABLE.flatMap((row) =>
      (row.forms ?? []).map(({ id, models = '*' }) => {
        const dialect = SPOKEN[findProviderRow(id)?.dialect ?? row.dialect]
        return `| \`${row.id}\` | ${dialect} | \`${id}\` | \`${models}\` |`
      }),
    ),
    '',
    'Only forms that keep at least what a conversion would are taken by themselves; others, such as the Messages layers of local',
    'servers, are used when they are named. A server that answers 404, 405 or 501 in such a form is asked by the row, and again so',
    'for a day if that works. `<ID>_FORMS=own`, or `forms: own` in `lynkr.yaml`, keeps every request in the dialect of the row; a',
    'form that `MODEL_PROVIDER` or `providers:` names is used as it is, and so is an entry with `paths` or `quirks` of its own.',
    '`lynkr explain` shows what a request takes.',
    '',
    '## Endpoints',
    '',
    '| Provider | Chat | Chat, streamed | Counts tokens | Models | Embeddings |',
    '|---|---|---|---|---|---|',
    ...PROVIDER_TABLE.map(({ id, paths }) => {
      const cells = [paths.chat, paths.chatStream ?? paths.chat, paths.countTokens, paths.models, paths.embeddings]
      return `| \`${id}\` | ${cells.map((path) => (path === null ? '–' : `\`${path}\``)).join(' | ')} |`
    }),
    '',
    'Where a provider does not count tokens, lynkr does, rounded up. A server that is not here and speaks Chat or Messages is',
    '`custom-openai` or `custom`, or an entry of `lynkr.yaml` with one of these as its `type` ([configuration](configuration.md)).',
    '',
  ].join('\n')
}

const SPOKEN = {
  gemini: 'Gemini',
  'bedrock-converse': 'Converse',
  anthropic: 'Messages',
  'openai-chat': 'Chat',
  'openai-responses': 'Responses',
} as const

const SIGNED = {
  'aws-sigv4':
    '; or an AWS access key: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`; `AWS_PROFILE`',
  google: '; or a key file: `GOOGLE_APPLICATION_CREDENTIALS`',
} as const

function line(row: ProviderRow): string {
  const prefix = environmentPrefix(row.id)
  const names = (list: readonly string[]): string => [...new Set(list)].map((name) => `\`${name}\``).join(', ')
  const signing = row.signing === undefined ? '' : SIGNED[row.signing.type]
  const key = names([`${prefix}_API_KEY`, ...row.keyNames, ...(row.bearerNames ?? [])]) + signing
  const parameters = (row.parameters ?? []).map(
    ({ name, names: set, fallback }) => `; ${name}: ${names(set)}${fallback === undefined ? '' : ` (${fallback})`}`,
  )
  const base = names([`${prefix}_API_BASE`, ...row.baseNames])
  const cells = [
    `\`${row.id}\`${row.isVariant === true ? ' †' : ''}`,
    row.title,
    SPOKEN[row.dialect],
    row.needsKey ? key : `${key} (optional)`,
    `${base}${row.baseUrl === null ? '' : `; default ${row.baseUrl}`}${parameters.join('')}`,
    names([`${prefix}_MODEL`, ...row.modelNames]),
  ]
  return `| ${cells.join(' | ')} |`
}
