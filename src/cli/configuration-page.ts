import { configJsonSchema } from '../config/explain-issue.ts'
import { SETTING_KEYS, SETTINGS } from '../config/settings.ts'

interface SchemaNode {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
}

/** `docs/configuration.md` and `lynkr config docs`: places, rules, and every key of `lynkr.yaml` as the schema describes it. */
export function configurationPage(): string {
  // JSON Schema of our own making: its nodes have this shape.
  const root = configJsonSchema() as SchemaNode
  const names = new Set<string>(SETTING_KEYS)
  const sections = Object.entries(root.properties ?? {}).filter(([key]) => !names.has(key))
  return [
    ...HEAD,
    '## Settings',
    '',
    '| In the environment | In `lynkr.yaml` | Default | Meaning |',
    '|---|---|---|---|',
    ...SETTING_KEYS.map((key) => {
      const { env, byDefault, meaning } = SETTINGS[key]
      return row([`\`${env}\``, `\`${key}\``, showDefault({ default: byDefault }), meaning])
    }),
    '',
    ...sections.flatMap(([key, node]) => sectionLines(key, node)),
  ].join('\n')
}

const HEAD = [
  '# Configuration',
  '',
  '<!-- Made by `bun scripts/generate-docs.ts` from src/config; edit the descriptions there. -->',
  '',
  'Settings of the environment go over `lynkr.yaml`, the file over the defaults; providers are as the file has them, and the',
  'environment fills in what an entry leaves out, such as its key. The file is `LYNKR_CONFIG`, else `lynkr/lynkr.yaml` in the',
  'XDG configuration folder (`~/.config`), else `/etc/lynkr/lynkr.yaml`; never one in the current folder. It may hold 1 MiB, use',
  'anchors and merge keys, and every key in it must be known: a wrong file is refused whole, each mistake with its line.',
  '',
  '```sh',
  'lynkr config check            # what is wrong with the configuration in force; exit code 2 if anything is',
  'lynkr config check examples/lynkr.yaml   # the same for a file that is not in force',
  'lynkr config print            # every setting in force, defaults included, credentials left out',
  'lynkr config schema           # JSON Schema of lynkr.yaml, for editors',
  'lynkr config docs             # this page, as this version of lynkr has it',
  '```',
  '',
  'A file with an alias and a route:',
  '',
  '```yaml',
  'providers:',
  '  databricks:',
  '    base: https://workspace.cloud.databricks.com # the key comes from DATABRICKS_API_KEY',
  '  anthropic:',
  '    keyEnv: TEAM_ANTHROPIC_KEY',
  'models:',
  '  fast: databricks/databricks-claude-haiku-4-5 # another name',
  '  "gpt-*": databricks/databricks-gpt-* # a * at the end stands for the rest of the name',
  'routes:',
  '  claude-sonnet-4-5: # tried in order',
  '    - databricks/databricks-claude-sonnet-4-5',
  '    - anthropic/claude-sonnet-4-5',
  '```',
  '',
  'A model goes: to the targets of its route, else of its alias (an exact name first, then the longest pattern); else to the',
  'provider whose `models` list it; else to the default lane. [Models and routes](routing.md) has the whole order;',
  '[Providers](providers.md) lists the rows.',
  '',
  'A changed file is taken over within some seconds, links followed, as Kubernetes changes a mounted file; `kill -HUP` does it',
  'at once. It counts whole or not at all: a wrong one leaves the one before in force, the log says what is wrong, and',
  '`lynkr_config_reloads_total{result="rejected"}` counts it. Requests under way keep what they began with. Providers, models,',
  'routes, keys, limits, budgets and prices change; other settings and commands need a new start, and the log names those that',
  'differ. A file that was not there at the start is read on `kill -HUP` alone; from the simulator to a provider, or back, takes a',
  'new start too. A file without keys is refused for as long as lynkr listens where others reach it.',
  '',
  'The values of labels are fixed at the start: a provider or model that is added meanwhile is counted as `other` in the metrics',
  'until the next start, while the log and the dashboard name it. Several workers are replaced one by one, which takes every',
  'setting over but the address, and the new labels with them.',
  '',
  'What lynkr keeps (the database, the admin key, the record of commands) lies in `LYNKR_DATA_DIR`, else in `lynkr` in the XDG data',
  'folder (`~/.local/share`); where `HOME` is not set, as for services of the system, `~` is the home of the account. A proxy of the',
  'environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, with `NO_PROXY`) carries what goes to providers, and nothing that stays on',
  'this machine.',
  '',
  'Certificates of providers are held against the authorities that browsers trust, and those that the machine trusts. Where a company',
  'signs its own, or its proxy opens TLS, and the machine does not know (an image never does), `NODE_EXTRA_CA_CERTS` names a file with',
  'the certificate of that authority, in PEM. A proxy is asked by HTTP or HTTPS; those for SOCKS are not.',
  '',
]

function sectionLines(key: string, node: SchemaNode): string[] {
  const members = membersOf(node, '')
  const table = ['| Key | Default | Meaning |', '|---|---|---|', ...members, '']
  return [`## \`${key}\``, '', node.description ?? '', '', ...(members.length === 0 ? [] : table)]
}

/** Rows for the members below a node, nested ones with their path; entries with free names show as `<name>`. */
function membersOf(node: SchemaNode, prefix: string): string[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`
    return [row([`\`${path}\``, showDefault(child), meaning(child)]), ...membersOf(child, `${path}.`)]
  })
  const free =
    typeof node.additionalProperties === 'object' ? membersOf(node.additionalProperties, `${prefix}<name>.`) : []
  const items = node.items === undefined ? [] : membersOf(node.items, `${prefix}[].`)
  return [...own, ...free, ...items, ...(node.anyOf ?? []).flatMap((one) => membersOf(one, prefix))]
}

function meaning({ description = '', enum: values }: SchemaNode): string {
  const choice = values === undefined ? '' : `One of ${values.map((value) => `\`${value}\``).join(', ')}.`
  return [description, choice].filter((part) => part !== '').join(' ')
}

function showDefault(node: SchemaNode | undefined): string {
  const value = node?.default
  if (value === undefined || (Array.isArray(value) && value.length === 0) || value === '') return ''
  return `\`${typeof value === 'object' ? JSON.stringify(value) : String(value)}\``
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
