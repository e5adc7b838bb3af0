import type { ParameterName } from '../../routing/provider-row.ts'

/** A provider as the wizard will write it. */
export interface DraftProvider {
  /** Row of the provider table. */
  readonly id: string
  /** Variable that holds the key, or the key itself where somebody pasted one; `null` where none is needed. */
  readonly key: { readonly env: string } | { readonly secret: string } | null
  /** `null`: the row's own address. */
  readonly base: string | null
  /** What its address and paths leave open: a region, a project. */
  readonly parameters: Readonly<Partial<Record<ParameterName, string>>>
  /** What every model name becomes there that nothing else maps; `null`: names go as they are. */
  readonly model: string | null
}

/** What the wizard will write; the first provider is the default lane. */
export interface Draft {
  readonly port: number
  readonly providers: readonly DraftProvider[]
  /** Over all clients, or `null` for no limit. */
  readonly usdPerDay: number | null
}

/** The draft as `lynkr.yaml`, with a comment for each part and an example for what is left out. */
export function renderDraft(draft: Draft): string {
  const [lane] = draft.providers
  return `# Written by \`lynkr init\`. What is not named here has its default; docs/configuration.md lists every setting.
# \`lynkr config check\` says what is wrong with this file. Settings of the environment win over it;
# providers are as they stand here, and the environment fills in what they leave out.

# Port of 127.0.0.1 that clients are pointed at.
port: ${draft.port}

# Where requests go, in the order of preference. Only what is listed here is used.
providers:
${draft.providers.map(renderProvider).join('')}
# Where a model goes that nothing else claims.
modelProvider: ${lane?.id ?? 'anthropic'}

# Other names of models:
# models:
#   fast: ${lane?.id ?? 'anthropic'}/claude-haiku-4-5

# Places to try in order, for a model or for all that begin alike:
# routes:
#   claude-sonnet-*: [${draft.providers.map(({ id }) => `${id}/claude-sonnet-*`).join(', ')}]

# What may be spent, in dollars; docs/budgets.md tells of keys, teams and models.
${renderBudget(draft.usdPerDay)}`
}

function renderProvider({ id, key, base, parameters, model }: DraftProvider): string {
  const lines = [
    ...(key !== null && 'env' in key ? [`# The key is read from ${key.env}.`, `keyEnv: ${key.env}`] : []),
    ...(key !== null && 'secret' in key
      ? ['# Whoever reads this file has the key. keyEnv: NAME reads it from the environment instead.']
      : []),
    ...(key !== null && 'secret' in key ? [`key: ${JSON.stringify(key.secret)}`] : []),
    ...(base === null ? [] : [`base: ${JSON.stringify(base)}`]),
    ...Object.entries(parameters).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...(model === null
      ? []
      : ['# What every name becomes there that is not its own.', `model: ${JSON.stringify(model)}`]),
  ]
  return lines.length === 0 ? `  ${id}: {}\n` : `  ${id}:\n${lines.map((line) => `    ${line}\n`).join('')}`
}

function renderBudget(usdPerDay: number | null): string {
  const budget = `budgets:\n  - { scope: global, window: day, usd: ${usdPerDay ?? 20} }\n`
  return usdPerDay === null ? budget.replace(/^/gm, '# ').replace(/# $/, '') : budget
}
