import { Glob } from 'bun'

/** How a block of shell commands in a page is proved. */
export type Proof =
  | { readonly kind: 'runs'; readonly code: number }
  /** It serves until it is stopped: the blocks after it have it. */
  | { readonly kind: 'serves' }
  /** It cannot run on a machine without a network; its words are checked all the same. */
  | { readonly kind: 'read'; readonly reason: string }

export interface Block {
  readonly page: string
  /** 1-based, of the first command. */
  readonly line: number
  readonly text: string
  readonly proof: Proof
}

/**
 * The shell blocks of a page: fenced, `sh`. What stands in a comment before the fence says how one is proved:
 *
 *     <!-- docs-test: serves -->
 *     <!-- docs-test: exits 2 -->
 *     <!-- docs-test: not run: it needs a cluster -->
 *
 * Without one it runs and ends with 0. @throws Error for a comment that says something else
 */
export function blocksOf(page: string, text: string): Block[] {
  const lines = text.split('\n')
  return lines.flatMap((fence, i) => {
    if (!/^\s*```sh\s*$/.test(fence)) return []
    const end = lines.findIndex((line, at) => at > i && /^\s*```\s*$/.test(line))
    const before = lines.slice(0, i).findLast((line) => line.trim() !== '') ?? ''
    const body = lines.slice(i + 1, end).join('\n')
    return [{ page, line: i + 2, text: body, proof: proofOf(before.trim(), `${page}:${i + 1}`) }]
  })
}

function proofOf(comment: string, place: string): Proof {
  const said = /^<!-- docs-test: (.*) -->$/.exec(comment)?.[1]
  if (said === undefined) return { kind: 'runs', code: 0 }
  if (said === 'serves') return { kind: 'serves' }
  const code = /^exits (\d+)$/.exec(said)?.[1]
  if (code !== undefined) return { kind: 'runs', code: Number(code) }
  const reason = /^not run: (.{10,})$/.exec(said)?.[1]
  if (reason !== undefined) return { kind: 'read', reason }
  throw new Error(`${place}: ${JSON.stringify(said)} is no way to prove a block`)
}

/** All pages, the README first; decisions are history and hold no commands for users. */
export async function allPages(): Promise<readonly (readonly [path: string, text: string])[]> {
  const docs = [...new Glob('docs/*.md').scanSync('.')].sort()
  return await Promise.all(['README.md', ...docs].map(async (path) => [path, await Bun.file(path).text()] as const))
}

/** The simple commands of a block, as words; quotes are taken off, comments and redirections left out. */
export function commandsOf(text: string): string[][] {
  return text
    .replaceAll(/\\\n\s*/g, ' ')
    .replaceAll(/(^|\s)#.*$/gm, '')
    .split(/\n|&&|\|\||[|;&]/)
    .map((command) =>
      [...command.matchAll(/'[^']*'|"[^"]*"|[^\s'"]+/g)].map(([word]) => word.replaceAll(/^['"]|['"]$/g, '')),
    )
    .map((words) => words.slice(words.findIndex((word) => !/^(\w+=.*|export|exec|time)$/.test(word))))
    .filter((words) => words.length > 0)
}
