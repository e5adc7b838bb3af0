import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'

const TOP = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md']
const paths = [...TOP, ...new Glob('docs/**/*.md').scanSync('.')].sort()
const pages = new Map(await Promise.all(paths.map(async (path) => [path, await Bun.file(path).text()] as const)))

/** What a page links to inside the repository, code left out: path from the top, and the anchor if there is one. */
function linksOf(path: string, text: string): { readonly target: string; readonly anchor: string | null }[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '')
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor = null] = link.split('#')
      return { target: file === '' ? path : join(dirname(path), file), anchor }
    })
}

/** A heading's anchor, as those who show Markdown make it. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '')
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- _]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

describe('links in the documents', () => {
  test.each([...pages])('%s leads to files and headings that are there', (path, text) => {
    const broken = linksOf(path, text).filter(({ target, anchor }) => {
      if (!existsSync(target)) return true
      return anchor !== null && !anchorsOf(pages.get(target) ?? '').has(anchor)
    })

    expect(broken).toEqual([])
  })

  test('every page of docs stands in docs/README.md', () => {
    const index = new Set(linksOf('docs/README.md', pages.get('docs/README.md') ?? '').map(({ target }) => target))
    const isListed = (path: string): boolean =>
      index.has(path) || path.startsWith('docs/adr/') || path === 'docs/README.md'

    expect(paths.filter((path) => path.startsWith('docs/') && !isListed(path))).toEqual([])
  })
})
