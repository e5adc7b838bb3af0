import { type AccessList, type AccessVerdict, compileAccessList } from '../core/access-list.ts'
import { ProxyError } from '../core/errors.ts'
import { ASKED_MODEL_CHARS_MAX, ECHO_CHARS_MAX } from '../core/limits.ts'
import type { KeyScopes } from '../core/store.ts'

/** What a key's lists are about; also the word for it in a refusal. */
export type AccessSubject = 'surface' | 'path' | 'model' | 'provider' | 'command' | 'tool'

/** The lists of a key, compiled: once when the key is looked up, not once per request. */
export interface KeyAccess extends Readonly<Record<AccessSubject, AccessList>> {
  /** Whether there is a list of paths, of models, of tools: what need not be read is not read. */
  readonly listsPaths: boolean
  readonly listsModels: boolean
  readonly listsTools: boolean
}

/** Compiles what a key may use. An empty list of what is allowed means everything; what is denied stays denied. */
export function compileKeyAccess(scopes: KeyScopes): KeyAccess {
  const { surfaces, paths, denyPaths, models, denyModels, providers, commands, tools, denyTools } = scopes
  return {
    surface: listOf(surfaces),
    path: listOf(paths, denyPaths),
    model: modelList(models, denyModels),
    provider: listOf(providers),
    command: listOf(commands),
    tool: listOf(tools, denyTools),
    listsPaths: paths.length + denyPaths.length > 0,
    listsModels: models.length + denyModels.length > 0,
    listsTools: tools.length + denyTools.length > 0,
  }
}

function listOf(allow: readonly string[], deny: readonly string[] = []): AccessList {
  return compileAccessList({ allow: allow.length === 0 ? undefined : allow, deny })
}

/**
 * What is denied is denied by every spelling that some server takes for the same name: in other case or width, with any
 * marks of a context window behind it, or of a way to the same model. What is allowed is allowed as it is written.
 */
function modelList(allow: readonly string[], deny: readonly string[]): AccessList {
  const list = listOf(allow, deny)
  if (deny.length === 0) return list
  const folded = listOf([], deny.map(fold))
  return (name) => {
    const verdict = list(name)
    if (!verdict.ok) return verdict
    // Asked for beside the model itself, whose length was checked: as one to fall back on, or for a tool to ask.
    if (name.length > ASKED_MODEL_CHARS_MAX) return DENIED
    return (
      spellingsOf(name)
        .map(folded)
        .find((other) => !other.ok) ?? verdict
    )
  }
}

const DENIED: AccessVerdict = { ok: false, rule: 'denied' }

/** The name as a server may read it, with ever fewer of the marks behind it. */
function spellingsOf(name: string): readonly string[] {
  const written = fold(name)
  const spellings = [written]
  let bare = written.replace(/^models\//, '')
  do {
    spellings.push(bare)
    bare = bare.replace(LAST_MARK, '')
  } while (bare !== spellings.at(-1))
  return spellings
}

/**
 * `[1m]`, of which somebody may write several; how OpenRouter chooses among those that serve a model; what Ollama calls
 * a name without a tag.
 *
 * @see https://openrouter.ai/docs/guides/routing/model-variants/overview, "Routing variants"
 */
const LAST_MARK = /(?:\[[^[\]]*\]|:(?:nitro|floor|exacto|online|latest))$/

function fold(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

/** @returns why the key may not use this, or `null`; the refusal names what was asked for, cut and without controls */
export function forbids(access: KeyAccess, subject: AccessSubject, name: string): ProxyError | null {
  return access[subject](name).ok ? null : notAllowed(subject, name)
}

/** The refusal of `subject` with this name. */
export function notAllowed(subject: AccessSubject, name: string, path?: string): ProxyError {
  const shown = name.slice(0, ECHO_CHARS_MAX).replace(/[\p{C}\p{Z}]/gu, '\u{fffd}')
  const detail = path === undefined ? {} : { path }
  return new ProxyError('forbidden', `this key may not use the ${subject} ${shown}`, { detail })
}
