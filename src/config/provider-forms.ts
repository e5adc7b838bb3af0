import type { Provider, ProviderForm } from '../core/target.ts'
import type { FormRow, ProviderRow } from '../routing/provider-row.ts'
import { environmentPrefix, findProviderRow } from '../routing/provider-table.ts'
import { fillHeaders, lowerCased } from './provider-address.ts'
import type { Source } from './provider-source.ts'

const CHOICES = ['client', 'own'] as const

/**
 * The other forms of a provider's vendor, as its row lists them, made of the provider and those rows. None where the
 * operator wants none, or configured paths or quirks: these belong to one form.
 */
export function readForms(source: Source, provider: Provider): readonly ProviderForm[] {
  const { row, entry } = source
  if (!isWanted(source) || entry.paths !== undefined || entry.quirks !== undefined) return []
  return (row.forms ?? []).flatMap((form) => buildForm(source, provider, form))
}

function isWanted({ id, entry, environment, issues }: Source): boolean {
  const name = `${environmentPrefix(id)}_FORMS`
  const choice = entry.forms ?? environment[name] ?? 'client'
  const isKnown = CHOICES.some((one) => one === choice)
  if (!isKnown) issues.push({ place: name, message: `must be one of ${CHOICES.join(', ')}` })
  return isKnown && choice === 'client'
}

function buildForm({ row, entry }: Source, provider: Provider, { id, models = '*' }: FormRow): ProviderForm[] {
  const formRow = findProviderRow(id)
  const baseUrl = formRow === null ? null : baseUrlOf(formRow, row, provider.baseUrl)
  if (formRow === null || baseUrl === null) return []
  // A client's own credential is shown to its own family of dialects alone, whatever the form.
  if (provider.credential !== 'operator' && familyOf(formRow) !== familyOf(row)) return []
  const { dialect, paths, quirks } = formRow
  const auth = provider.auth === row.auth ? formRow.auth : provider.auth
  const headers = { ...fillHeaders(formRow.headers, {}), ...lowerCased(entry.headers) }
  return [{ provider: { ...provider, form: id, dialect, auth, baseUrl, paths, quirks, headers }, models }]
}

/** Dialects begin with the name of their family: `openai-chat`. */
function familyOf({ dialect }: ProviderRow): string | undefined {
  return dialect.split('-')[0]
}

/**
 * The form's address: what the operator wrote, or the row has, with the one row's own path in place of the other's.
 * `null` where an address written by hand does not show where the form would be.
 */
function baseUrlOf(formRow: ProviderRow, row: ProviderRow, baseUrl: string): string | null {
  const [own, other] = [pathOf(row), pathOf(formRow)]
  if (own === other) return baseUrl
  return baseUrl.endsWith(own) ? baseUrl.slice(0, baseUrl.length - own.length) + other : null
}

function pathOf({ baseUrl }: ProviderRow): string {
  return baseUrl === null ? '' : new URL(baseUrl).pathname.replace(/\/$/, '')
}
