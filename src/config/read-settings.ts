import type { Environment } from './environment.ts'
import type { ConfigIssue } from './issue.ts'
import type { Setting } from './setting.ts'
import { type PlainSettings, SETTINGS, type SettingKey } from './settings.ts'

interface Places {
  readonly environment: Environment
  /** What the file says, of these settings among others. */
  readonly file: Readonly<Partial<Record<SettingKey, unknown>>>
  readonly issues: ConfigIssue[]
}

/** The given settings, environment over file over default; `null`, with the issues told, if one of them is wrong. */
export function readSettings<Key extends SettingKey>(
  keys: readonly Key[],
  { environment, file, issues }: Places,
): Pick<PlainSettings, Key> | null {
  const issuesBefore = issues.length
  const entries = keys.flatMap((key) => {
    const value = read(key, environment[SETTINGS[key].env] ?? file[key], issues)
    return value === undefined ? [] : [[key, value] as const]
  })
  // Each value is what the schema of its key makes.
  return issues.length > issuesBefore ? null : (Object.fromEntries(entries) as Pick<PlainSettings, Key>)
}

function read(key: SettingKey, given: unknown, issues: ConfigIssue[]): unknown {
  const { schema, byDefault, env }: Setting = SETTINGS[key]
  if (given === undefined) return byDefault
  // Read once or twice in a process: to compile the schema first would take longer than to read by it.
  const result = schema().safeParse(given, { reportInput: true, jitless: true })
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    const explained = loadExplainer().explainIssue({ ...issue, path: [key, ...issue.path] })
    for (const { message } of explained) issues.push({ place: env, message })
  }
  return undefined
}

/** Loaded where a setting is wrong, as it brings the schema of the whole file. */
function loadExplainer(): typeof import('./explain-issue.ts') {
  return require('./explain-issue.ts')
}
