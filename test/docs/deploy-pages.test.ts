import { describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { loadSettings } from '../../src/config/load.ts'

const PAGES = ['deploy-docker', 'deploy-kubernetes', 'migrating', 'security'].map((name) => `docs/${name}.md`)
const pages = await Promise.all(PAGES.map(async (path) => [path, await Bun.file(path).text()] as const))

describe.each(pages)('%s', (path, text) => {
  test('links to pages that are there', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => join(dirname(path), match[1] ?? ''))

    expect(links.filter((link) => !existsSync(link))).toEqual([])
  })

  test('names files of k8s that are there, and scripts that package.json has', () => {
    const files = [...text.matchAll(/\bk8s\/[\w./-]*\w/g)].map((match) => match[0])
    const scripts = [...text.matchAll(/bun run ([\w:]+)/g)].map((match) => match[1] ?? '')

    expect(files.filter((file) => !existsSync(file))).toEqual([])
    expect(scripts.filter((script) => !(script in manifest.scripts))).toEqual([])
  })
})

test('the file that the page on migrating shows is a valid lynkr.yaml', async () => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(await Bun.file('docs/migrating.md').text()) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-migrating-'))
  const file = join(folder, 'lynkr.yaml')
  writeFileSync(file, yaml)

  const loaded = loadSettings(
    { ANTHROPIC_API_KEY: 'a-key', DATABRICKS_API_KEY: 'a-key', DATABRICKS_API_BASE: 'https://d.example' },
    file,
  )
  rmSync(folder, { recursive: true })

  expect(yaml).not.toBe('')
  expect(loaded).not.toHaveProperty('issues')
})
