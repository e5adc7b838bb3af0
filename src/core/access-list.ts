/** Patterns as configured. Nothing allowed explicitly means everything; what is denied stays denied. */
export interface AccessRules {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

export type AccessVerdict = { readonly ok: true } | { readonly ok: false; readonly rule: 'denied' | 'not_allowed' }

export type AccessList = (name: string) => AccessVerdict

const ALLOWED: AccessVerdict = { ok: true }
/** Most lists are empty, and there are several to a key: they share these. */
const EVERYTHING: AccessList = () => ALLOWED
const NO_PATTERN = (): boolean => false
const DENIED: AccessVerdict = { ok: false, rule: 'denied' }
const NOT_ALLOWED: AccessVerdict = { ok: false, rule: 'not_allowed' }

/**
 * An allow and deny list over names made of components with `/` between: HTTP paths, models, tools, keys.
 *
 * A pattern matches component by component, never by prefix: `*` stands for any text within one component (`claude-*`,
 * `*`), a last component `**` for one or more whole components. `/v1/models` matches neither `/v1/models2` nor
 * `/v1/models/x`. Matching is by exact characters; HTTP paths go through `normalizeHttpPath` first.
 *
 * Cost: one hash lookup for patterns without wildcards, linear in those with.
 */
export function compileAccessList(rules: AccessRules): AccessList {
  const allow = compile(rules.allow ?? [])
  const deny = compile(rules.deny ?? [])
  const allowsAll = rules.allow === undefined
  if (allowsAll && deny === NO_PATTERN) return EVERYTHING
  return (name) => {
    if (deny(name)) return DENIED
    return allowsAll || allow(name) ? ALLOWED : NOT_ALLOWED
  }
}

/** Whether any of the patterns matches a name. */
function compile(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return NO_PATTERN
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')))
  const wild = patterns.filter((pattern) => pattern.includes('*')).map(parse)
  return (name) => {
    if (exact.has(name)) return true
    if (wild.length === 0) return false
    const components = name.split('/')
    return wild.some((pattern) => matches(pattern, components))
  }
}

interface Parsed {
  readonly components: readonly string[]
  readonly takesRest: boolean
}

function parse(pattern: string): Parsed {
  const components = pattern.split('/')
  const takesRest = components.at(-1) === '**'
  return { components: takesRest ? components.slice(0, -1) : components, takesRest }
}

function matches(pattern: Parsed, components: readonly string[]): boolean {
  const wanted = pattern.components.length
  if (pattern.takesRest ? components.length <= wanted : components.length !== wanted) return false
  return pattern.components.every((component, i) => matchesComponent(component, components[i] ?? ''))
}

/** `*` is any run of characters. Two pointers with one step back to the last `*`: O(pattern × text), no recursion. */
function matchesComponent(pattern: string, text: string): boolean {
  if (pattern === '*') return text !== ''
  let p = 0
  let t = 0
  let star = -1
  let resume = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = t
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** Why a pattern cannot be meant as written, or `null`. */
export function patternProblem(pattern: string): string | null {
  if (pattern === '') return 'is empty'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the rule
  if (/[\x00-\x1f\x7f-\x9f]/.test(pattern) || !pattern.isWellFormed()) return 'has characters no name can have'
  const components = pattern.split('/')
  if (components.slice(0, -1).includes('**')) return '`**` may only be the last component'
  if (components.some((component) => component !== '**' && component.includes('**'))) {
    return '`**` must be a whole component'
  }
  if (components.some((component) => component === '.' || component === '..')) return 'has a `.` or `..` component'
  return null
}
