import { SETTINGS, type SettingKey } from '../src/config/settings.ts'

const START = '<!-- settings: `bun scripts/settings-table.ts` writes this table from src/config/settings.ts -->'
const END = '<!-- end of settings -->'

/** What most people set; `docs/configuration.md` has all. */
const MOST_ASKED: readonly SettingKey[] = [
  'host',
  'port',
  'modelProvider',
  'apiKeys',
  'databaseUrl',
  'redisUrl',
  'workers',
  'strict',
  'logLevel',
  'gracefulShutdownTimeoutMs',
]

/** The text with its settings table written anew from the settings. */
export function withSettingsTable(markdown: string): string {
  const start = markdown.indexOf(START)
  const end = markdown.indexOf(END)
  if (start < 0 || end < start) throw new Error('the markers of the settings table are missing')
  return `${markdown.slice(0, start)}${START}\n${settingsTable()}\n${markdown.slice(end)}`
}

function settingsTable(): string {
  const rows = MOST_ASKED.map((key) => {
    const { env, byDefault, meaning } = SETTINGS[key]
    return [`\`${env}\``, showDefault(byDefault), meaning]
  })
  return markdownTable([['variable', 'default', 'meaning'], ...rows])
}

/** Padded as the formatter wants it, so that writing and formatting agree. */
function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n')
}

function showDefault(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return ''
  return `\`${String(value)}\``
}

if (import.meta.main) {
  await Bun.write('README.md', withSettingsTable(await Bun.file('README.md').text()))
}
