import type { Provider } from '../core/target.ts'

/** A model's name at the provider: mapped by its patterns, else its one configured model, else unchanged. */
export function mapModel({ modelMap, model, catalogue }: Provider, name: string): string {
  if (catalogue.models.includes(name)) return name
  for (const { from, to, dropsDate } of modelMap) {
    const prefix = from.endsWith('*') ? from.slice(0, -1) : null
    if (prefix === null ? name !== from : !name.startsWith(prefix)) continue
    const rest = prefix === null ? '' : name.slice(prefix.length)
    return to.replace('*', () => (dropsDate === true ? rest.replace(/-\d{8}$/, '') : rest))
  }
  return model ?? name
}
