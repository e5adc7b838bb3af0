import { describe, expect, test } from 'bun:test'
import { Glob } from 'bun'

/** Rooms by level: a room may import its own level's row in `MAY_IMPORT`, and never sideways or upward. */
const L1 = ['framing', 'dialect', 'resilience', 'routing', 'budget', 'cache', 'policy', 'auth']
const L2 = ['upstream', 'store', 'sandbox', 'observability', 'config']
const L4 = ['http', 'mcp', 'dashboard', 'simulator']

const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  ...Object.fromEntries(L1.map((room) => [room, ['core']])),
  ...Object.fromEntries(L2.map((room) => [room, ['core', ...L1]])),
  pipeline: ['core', ...L1, ...L2],
  ...Object.fromEntries(L4.map((room) => [room, ['core', 'framing', 'dialect', 'observability', 'pipeline']])),
  cli: ['core', ...L1, ...L2, 'pipeline', ...L4],
  'main.ts': ['cli', 'config'],
}

interface SourceFile {
  readonly path: string
  readonly room: string
  readonly text: string
  /** The text without comments and string contents, so that a rule looks at code only. */
  readonly code: string
}

const files: SourceFile[] = []
for (const path of new Glob('src/**/*.ts').scanSync('.')) {
  const text = await Bun.file(path).text()
  files.push({ path, room: path.split('/')[1] ?? '', text, code: stripComments(text) })
}

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|\s)\/\/.*$/gm, '$1')
}

function importsOf(file: SourceFile): string[] {
  return [...file.code.matchAll(/(?:from|import|require)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
}

/** `src/a/b.ts` importing `../c/d.ts` imports room `c`. */
function roomOf(file: SourceFile, specifier: string): string {
  return new URL(specifier, `file:///${file.path}`).pathname.split('/')[2] ?? ''
}

function offenders(pattern: RegExp, except: (file: SourceFile) => boolean = () => false): string[] {
  return files.filter((file) => !except(file)).flatMap((file) => lines(file, pattern))
}

function lines(file: SourceFile, pattern: RegExp): string[] {
  return file.code
    .split('\n')
    .flatMap((line, i) => (pattern.test(line) ? [`${file.path}:${i + 1}: ${line.trim()}`] : []))
}

describe('the house', () => {
  test('every file stands in a room', () => {
    expect(files.length).toBeGreaterThan(0)
    expect(files.filter((file) => MAY_IMPORT[file.room] === undefined).map((file) => file.path)).toEqual([])
  })

  test('rooms import downward only, so that a change upstairs never breaks what is below', () => {
    const upward = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.') && specifier.endsWith('.ts'))
        .map((specifier) => ({ file, to: roomOf(file, specifier) }))
        .filter(({ to }) => to !== file.room && !MAY_IMPORT[file.room]?.includes(to))
        .map(({ to }) => `${file.path} imports ${to}`),
    )

    expect(upward).toEqual([])
  })

  test('no module cycles, not even of types, so that any file can be read with only what it imports in mind', () => {
    const graph = new Map(
      files.map((file) => [
        file.path,
        importsOf(file)
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => new URL(specifier, `file:///${file.path}`).pathname.slice(1)),
      ]),
    )

    expect(cycles(graph)).toEqual([])
  })

  test('no default exports: a thing has one name everywhere', () => {
    expect(offenders(/^export default/)).toEqual([])
  })

  test('the environment is read in config only, so that every setting is in one schema', () => {
    expect(offenders(/process\.env|Bun\.env|import\.meta\.env/, (file) => file.room === 'config')).toEqual([])
  })

  test('clocks, random and timers enter through their ports, so that tests own time and chance', () => {
    const ports = new Set(['src/core/clock.ts', 'src/core/random.ts'])
    const pattern =
      /Date\.now\(|new Date\(\)|performance\.now\(|Math\.random|\bset(Timeout|Interval|Immediate)\(|Bun\.(sleep|nanoseconds)|crypto\.(randomUUID|getRandomValues)|randomBytes/

    expect(offenders(pattern, (file) => ports.has(file.path))).toEqual([])
  })

  test('Bun and node APIs stay in the shells, so that the pure rooms run anywhere and under any clock', () => {
    const shells = new Set([...L2, ...L4, 'cli', 'main.ts'])

    expect(offenders(/\bBun\.|'(bun|node):|'bun'/, (file) => shells.has(file.room))).toEqual([])
  })

  test('no catch is empty: a swallowed error is a bug that waits', () => {
    const empty = files.filter((file) => /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(file.code)).map((file) => file.path)

    expect(empty).toEqual([])
  })

  test('no file is over 300 lines: it has more than one subject', () => {
    expect(files.filter((file) => file.text.split('\n').length > 301).map((file) => file.path)).toEqual([])
  })

  test('no function is over 70 lines: it cannot be read at once', () => {
    expect(files.flatMap(longFunctions)).toEqual([])
  })

  test('no todo without an owner', () => {
    const marks = files.filter((file) => /\b(TODO|FIXME|XXX)\b/.test(file.text)).map((file) => file.path)

    expect(marks).toEqual([])
  })
})

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
      done.add(path)
    }
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

/**
 * Counts the body lines of each function, nested functions taken out: a factory that returns small methods is as
 * readable as its longest part. The formatter fixes indentation, so a body ends at the first `}` as deep as its head.
 */
function longFunctions(file: SourceFile): string[] {
  const source = file.text.split('\n')
  const head =
    /^(\s*)(?:export )?(?:async )?(?:function\b|(?:const \w+ = )(?:async )?\(.*=> \{$|(?:async |get )?\w+\(.*\) ?(?::[^{]+)?\{$)/
  const spans: { start: number; end: number }[] = []
  source.forEach((line, start) => {
    const match = head.exec(line)
    if (match === null || /^\s*(if|for|while|switch|else|return|catch)\b/.test(line)) return
    const end = source.findIndex(
      (other, i) => i > start && other.startsWith(`${match[1]}}`) && !other.startsWith(`${match[1]}})`),
    )
    if (end > start) spans.push({ start, end })
  })
  return spans.flatMap((span) => {
    const inner = spans.filter((other) => other.start > span.start && other.end < span.end)
    const outermost = inner.filter((one) => !inner.some((two) => two.start < one.start && two.end > one.end))
    const length = span.end - span.start - 1 - outermost.reduce((sum, one) => sum + one.end - one.start + 1, 0)
    return length > 70 ? [`${file.path}:${span.start + 1} has ${length} lines`] : []
  })
}
