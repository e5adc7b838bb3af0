import type { Settings } from './load.ts'
import { type PlainSettings, SETTING_KEYS, SETTINGS } from './settings.ts'

/** Settings that a running lynkr takes over; all others need a new start. */
const LIVE: ReadonlySet<keyof PlainSettings> = new Set(['apiKeys', 'requireKeys', 'modelProvider'])

/** Names of what differs between two configurations and cannot change while lynkr runs. */
export function frozenChanges(started: Settings, next: Settings): readonly string[] {
  const plain = SETTING_KEYS.filter(
    (key) => !LIVE.has(key) && JSON.stringify(started[key]) !== JSON.stringify(next[key]),
  ).map((key) => SETTINGS[key].env)
  const text = ({ commands }: Settings): string => JSON.stringify([...commands])
  return text(started) === text(next) ? plain : [...plain, 'commands']
}
