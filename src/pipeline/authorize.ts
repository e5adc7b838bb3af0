import { forbids, type KeyAccess, notAllowed } from '../auth/key-access.ts'
import type { AccessVerdict } from '../core/access-list.ts'
import type { OfferedTool } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { FALLBACK_MODELS_MAX } from '../core/limits.ts'
import { searchesByName } from '../core/routing-variant.ts'
import type { Target } from '../core/target.ts'
import { normalizeHttpPath } from '../policy/http-path.ts'
import { stripSuffix } from '../routing/router.ts'
import { spliceMembers } from './edit-body.ts'
import type { Exchange } from './exchange.ts'
import { FALLBACKS } from './member-names.ts'
import type { Inbound, PipelineDeps } from './ports.ts'
import { refuseRepeated } from './refuse-repeated.ts'
import type { RequestBody } from './request-body.ts'
import { isPaid } from './spending.ts'
import { likelyTokens } from './usage-estimate.ts'

/**
 * The limits of the key itself, and those that the configuration sets for keys, users, teams and everybody: all at
 * once, so that a refusal by one takes nothing from another. Tokens go by the length of the body, until it is known what
 * was used.
 *
 * @returns what is to be waited for; nothing where nothing is limited, as for most keys
 * @throws ProxyError `forbidden` if the key may not use this path; `rate_limited`
 */
export function refuseByKey(
  { spending }: Pick<PipelineDeps, 'spending'>,
  { inbound, principal, bill }: Exchange,
): Promise<void> | undefined {
  const { scopes, keyId, user, team, access } = principal
  const forbidden = forbids(access, 'surface', inbound.label) ?? forbidsPath(access, inbound)
  if (forbidden !== null) throw forbidden
  if (!isPaid(inbound.label)) return undefined
  const ruled = spending.limits.ofCaller({ key: keyId, user, team })
  const { requestsPerMinute, tokensPerMinute, concurrentRequests } = scopes
  const isUnlimited = requestsPerMinute === null && tokensPerMinute === null && concurrentRequests === null
  if (isUnlimited && ruled.length === 0) return undefined
  const limits = { requestsPerMinute, tokensPerMinute, concurrentRequests }
  const own = isUnlimited ? [] : [{ name: `key:${keyId}`, limits }]
  return bill.limit([...own, ...ruled], likelyTokens(Number(inbound.headers.get('content-length') ?? 0)))
}

/**
 * Judges a path, as it stood in the request line, by a key's lists. Nothing is parsed for a key without lists of paths.
 *
 * @returns the refusal, or `null`; a path that lists cannot compare is refused to whoever has any
 */
export function forbidsPath(access: KeyAccess, asked: { readonly path: string }): ProxyError | null {
  if (!access.listsPaths) return null
  const verdict = normalizeHttpPath(asked.path)
  return verdict.ok ? forbids(access, 'path', verdict.path) : new ProxyError('forbidden', verdict.message)
}

/**
 * The targets that the key may reach with this model. A model that is denied is not reached by another name either.
 *
 * @throws ProxyError `forbidden` for the model, or if no target is left
 */
export function permittedTargets(
  { principal: { scopes, access } }: Pick<Exchange, 'principal'>,
  model: string,
  targets: readonly Target[],
): readonly Target[] {
  const forbidden = forbids(access, 'model', stripSuffix(model))
  if (forbidden !== null) throw forbidden
  if (scopes.providers.length === 0 && scopes.denyModels.length === 0) return targets
  const reachable = targets.filter(({ provider }) => access.provider(provider.id).ok)
  if (reachable.length === 0) throw new ProxyError('forbidden', 'this key may not use any provider of this model')
  // A key that may use an alias need not be allowed what it stands for: only what is denied counts.
  const permitted = reachable.filter((target) => !isDenied(access.model(target.model)))
  if (permitted.length > 0) return permitted
  throw new ProxyError('forbidden', 'this key may not use any model that this name stands for')
}

/** Whether `permittedTargets` would leave anything of these. */
export function mayReach({ principal: { access } }: Exchange, model: string, targets: readonly Target[]): boolean {
  if (!access.model(stripSuffix(model)).ok) return false
  return targets.some((target) => access.provider(target.provider.id).ok && !isDenied(access.model(target.model)))
}

function isDenied(verdict: AccessVerdict): boolean {
  return !verdict.ok && verdict.rule === 'denied'
}

/**
 * The request, if the key may use every tool that it offers, and every model that it names as a fallback or for one of the
 * provider's tools. What was checked is written anew into the body, so that a member that occurs twice inside a tool cannot
 * mean something else upstream.
 *
 * @throws ProxyError `forbidden` naming the first model or tool that the key may not use, and its place; `invalid_request`
 */
export function permittedBody(
  { principal: { access }, inbound: { surface } }: Pick<Exchange, 'principal'> & { inbound: Pick<Inbound, 'surface'> },
  body: RequestBody,
): RequestBody {
  if (!access.listsTools && !access.listsModels) return body
  const { bytes, envelope } = body
  const { json, model } = envelope
  refuseSearching(access, model, 'model')
  refuseFallbacks(access, body)
  refuseRepeated(bytes, json, surface.toolMembers)
  const tools = surface.toolsOf(envelope)
  for (const tool of tools) refuseTool(access, tool)
  if (!access.listsTools && tools.every((tool) => tool.model === undefined)) return body
  const members = surface.toolMembers.filter((member) => json[member] !== undefined)
  if (members.length === 0) return body
  return { bytes: spliceMembers(bytes, Object.fromEntries(members.map((member) => [member, json[member]]))), envelope }
}

/**
 * Providers such as OpenRouter take a list of models beside `model`, Anthropic one of objects that name a model each, and
 * answer with another when the first will not. A fallback without a name, as `"default"`, could be any.
 */
function refuseFallbacks(access: KeyAccess, { bytes, envelope: { json } }: RequestBody): void {
  for (const member of FALLBACKS) {
    if (json[member] === undefined) continue
    refuseRepeated(bytes, json, [member])
    const fallbacks = [json[member]].flat()
    if (fallbacks.length > FALLBACK_MODELS_MAX) {
      throw new ProxyError('invalid_request', `${member}: must name at most ${FALLBACK_MODELS_MAX} models`, {
        detail: { path: member },
      })
    }
    for (const [i, fallback] of fallbacks.entries()) {
      const isNamed = member === 'models' || typeof Object(fallback).model === 'string'
      const name = stripSuffix(String(Object(fallback).model ?? fallback))
      const path = `${member}.${i}`
      if (access.listsModels && !(isNamed && access.model(name).ok)) throw notAllowed('model', name, path)
      refuseSearching(access, name, path)
    }
  }
}

/** A name may ask for a search as a tool does. */
function refuseSearching(access: KeyAccess, model: string, path: string): void {
  if (searchesByName(stripSuffix(model))) refuseTool(access, { name: 'web_search', alias: null, path })
}

function refuseTool(access: KeyAccess, { name, alias, path, model }: OfferedTool): void {
  if (model !== undefined && !access.model(stripSuffix(model)).ok) throw notAllowed('model', model, path)
  if (!access.tool(name).ok) throw notAllowed('tool', name, path)
  if (alias !== null && isDenied(access.tool(alias))) throw notAllowed('tool', alias, path)
}
