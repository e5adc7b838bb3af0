/** Families and versions as they stand in model names, clouds' additions around them: `claude-opus-4-8`, or `4.8`. */
const CLAUDE = /claude-(?:opus|sonnet|haiku|fable|mythos)-(\d)(?:[-.](\d)(?!\d))?/

/** Up to 3.7 the version stood before the family. */
const OLD_CLAUDE = /claude-3(?:[-.](\d)(?!\d))?/

/** Major and minor version as one number, 48 for `claude-opus-4-8`; `null` for a name that does not tell it. */
export function claudeVersion(model: string): number | null {
  const [, major, minor] = CLAUDE.exec(model) ?? []
  if (major !== undefined) return Number(major) * 10 + Number(minor ?? 0)
  const old = OLD_CLAUDE.exec(model)
  return old === null ? null : 30 + Number(old[1] ?? 0)
}
