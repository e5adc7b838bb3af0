import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openReload, type Reload } from '../../src/cli/reload.ts'
import { loadSettings, type Settings } from '../../src/config/load.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { openFakeClock } from '../support/fake-clock.ts'

const GOOD = 'providers:\n  openai: {key: k}\n'
const OTHER = 'providers:\n  openai: {key: k}\n  anthropic: {key: k}\nmodels:\n  fast: anthropic/claude-haiku\n'

let folder: string
let path: string
let opened: Reload | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-reload-'))
  path = join(folder, 'lynkr.yaml')
})
afterEach(() => {
  opened?.close()
  opened = null
  rmSync(folder, { recursive: true })
})

/**
 * A reload over a file of this content, under a clock of the test's.
 *
 * @param meanwhile what happens between the start and the watcher's first look
 */
function open(content: string, environment: Record<string, string> = {}, meanwhile: () => void = () => undefined) {
  if (content !== '') writeFileSync(path, content)
  const loaded = loadSettings(environment, path)
  if (!('settings' in loaded)) throw new Error(JSON.stringify(loaded.issues))
  meanwhile()
  const time = openFakeClock(0)
  const applied: Settings[] = []
  const results: string[] = []
  const lines: string[] = []
  let hangUp = (): void => undefined
  opened = openReload({
    environment,
    started: loaded.settings,
    apply: (next) => applied.push(next),
    lifecycle: {
      onHangUp: (run) => {
        hangUp = run
      },
    },
    scheduler: time.scheduler,
    logger: createLogger(
      { write: (line: string) => void lines.push(line), flush: async () => undefined },
      { level: 'debug' },
    ),
    metrics: { countReload: (result) => results.push(result) },
  })
  /** Long enough for a change to be seen and to have settled. */
  const pass = (): void => {
    for (let i = 0; i < 4; i++) time.advance(1_000)
  }
  return { reload: opened, time, applied, results, pass, hangUp: () => hangUp(), log: () => lines.join('') }
}

describe('a configuration that changed is taken over', () => {
  test('once, when its file was written anew', () => {
    const { applied, results, pass } = open(GOOD)

    pass()
    writeFileSync(path, OTHER)
    pass()
    pass()

    expect(results).toEqual(['applied'])
    expect(applied[0]?.providers.map(({ id }) => id)).toEqual(['openai', 'anthropic'])
    expect(Object.keys(applied[0]?.aliases ?? {})).toEqual(['fast'])
  })

  test('once, when its file was written anew and SIGHUP came before that was seen, and again when it changes after that', () => {
    const { results, pass, hangUp } = open(GOOD)

    pass()
    writeFileSync(path, OTHER)
    hangUp()
    pass()
    const afterHangUp = [...results]
    writeFileSync(path, GOOD)
    pass()

    expect([afterHangUp, results]).toEqual([['applied'], ['applied', 'applied']])
  })

  test('once, when its file was written anew while lynkr was still starting', () => {
    const { applied, results, pass } = open(GOOD, {}, () => writeFileSync(path, OTHER))

    pass()
    pass()

    expect(results).toEqual(['applied'])
    expect(applied[0]?.providers).toHaveLength(2)
  })

  test('when its link was turned, as Kubernetes changes a mounted file', () => {
    for (const [name, content] of [
      ['one', GOOD],
      ['two', OTHER],
    ] as const) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'lynkr.yaml'), content)
    }
    symlinkSync('one', join(folder, '..data'))
    symlinkSync('..data/lynkr.yaml', path)
    const { applied, pass } = open('')

    symlinkSync('two', join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    pass()

    expect(applied[0]?.providers).toHaveLength(2)
  })

  test('on SIGHUP, without waiting', () => {
    const { applied, hangUp } = open(GOOD)
    writeFileSync(path, OTHER)

    hangUp()

    expect(applied).toHaveLength(1)
  })

  test('only when it has stayed the same for a while: half a file is not read', () => {
    const { time, results } = open(GOOD)

    writeFileSync(path, 'providers: {')
    time.advance(1_000)
    writeFileSync(path, OTHER)
    time.advance(1_000)
    time.advance(1_000)

    expect(results).toEqual(['applied'])
  })

  test('and what needs a new start is said', () => {
    const { log, results, reload } = open(GOOD)
    writeFileSync(path, `${GOOD}port: 9999\nstrict: true\n`)

    reload.reload('test')

    expect(results).toEqual(['applied'])
    expect(log()).toContain('"settings":["PORT","LYNKR_STRICT"]')
  })
})

describe('a configuration stays in force', () => {
  test.each([
    ['is no YAML', 'providers: {'],
    ['has an unknown setting', `${GOOD}prot: 1\n`],
    ['names an unknown provider', 'providers:\n  opneai: {key: k}\n'],
    ['has an alias to nowhere', `${GOOD}models:\n  a: nowhere/x\n`],
    ['has no provider any more', 'providers: {}\n'],
    ['is not text', '\u0000'],
  ])('where the new file %s, and the log says why', (_, content) => {
    const { applied, results, pass, log } = open(GOOD)

    writeFileSync(path, content)
    pass()

    expect(applied).toEqual([])
    expect(results).toEqual(['rejected'])
    expect(log()).toContain('the configuration is wrong; the one before stays in force')
  })

  test.each([
    [
      'drops all keys together with an address that others reach',
      'host: 0.0.0.0\nrequireKeys: true\n',
      '0.0.0.0 can be reached by others',
    ],
    [
      'sends requests to where lynkr listens, together with another port',
      'port: 9999\n',
      'http://127.0.0.1:9999 is this lynkr itself',
    ],
  ])('where the new file %s: lynkr listens where it did until a new start', (_, only, reason) => {
    const { applied, results, pass, log } = open(GOOD + only)

    writeFileSync(path, `${GOOD}  custom: {base: 'http://127.0.0.1:9999', key: k}\n`)
    pass()

    expect(applied).toEqual([])
    expect(results).toEqual(['rejected'])
    expect(log()).toContain(reason)
  })

  test('where the file is gone, and is taken over when it is back', () => {
    const { applied, results, pass } = open(GOOD)

    unlinkSync(path)
    pass()
    writeFileSync(path, OTHER)
    pass()

    expect(results).toEqual(['rejected', 'applied'])
    expect(applied).toHaveLength(1)
  })

  test('where the file cannot be looked at, and is taken over when it can', () => {
    const { results, pass, log } = open(GOOD)

    unlinkSync(path)
    symlinkSync(path, path)
    pass()
    unlinkSync(path)
    writeFileSync(path, OTHER)
    pass()

    expect(results).toEqual(['rejected', 'applied'])
    expect(log()).toContain(`${path}: cannot be read`)
  })

  test('and a wrong file that is mended counts', () => {
    const { results, pass } = open(GOOD)

    writeFileSync(path, 'providers: {')
    pass()
    writeFileSync(path, OTHER)
    pass()

    expect(results).toEqual(['rejected', 'applied'])
  })
})
