import type { Provider } from '../core/target.ts'
import { fits } from './patterns.ts'

/** A model's name at the provider: mapped by its patterns, else its one configured model, else unchanged. */
export function mapModel({ modelMap, model, catalogue }: Provider, name: string): string {
  if (catalogue.models.includes(name)) return name
  const mapping = modelMap.find(({ from }) => fits(from, name))
  if (mapping === undefined) return model ?? name
  const { from, to, dropsDate } = mapping
  const rest = from.endsWith('*') ? name.slice(from.length - 1) : ''
  return to.replace('*', () => (dropsDate === true ? rest.replace(/-\d{8}$/, '') : rest))
}

/** True if the configuration says what becomes of this name at the provider: by a pattern, or by one model for all. */
export function claimsName({ modelMap, model }: Provider, name: string): boolean {
  return model !== null || modelMap.some(({ from }) => fits(from, name))
}
