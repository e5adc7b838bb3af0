/** A month, a day, or a day with a time of it; behind a time the zone, as ISO 8601 writes all of them. */
const MOMENT = /^(\d{4}-\d\d(?:-\d\d)?)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/

/**
 * Reads a moment that a person wrote. What names no zone is UTC, as the windows of budgets and the days of usage are:
 * `Date.parse` takes the zone of the machine, and the second of March for the thirtieth of February.
 *
 * @returns Unix ms; `null` for what is no such text, and for a day that no calendar has
 */
export function tryMoment(text: string): number | null {
  const [, date, time, zone = 'Z'] = MOMENT.exec(text) ?? []
  if (date === undefined || (time !== undefined && date.length < 10)) return null
  const day = date.length < 10 ? `${date}-01` : date
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return null
  const wallMs = time === undefined ? midnight.getTime() : Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(wallMs) ? null : wallMs
}
