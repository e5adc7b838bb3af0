import { expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lynkrCommand } from '../support/server-process.ts'

setDefaultTimeout(60_000)

test('a reader that takes its time gets the whole of what a command prints', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-output-'))
  const content = 'a long prompt '.repeat(50_000)
  const body = { model: 'claude-sonnet-5-5', max_tokens: 64, messages: [{ role: 'user', content }] }
  writeFileSync(join(folder, 'body.json'), JSON.stringify(body))

  const command = [...lynkrCommand(), 'explain', '--json', join(folder, 'body.json')].join(' ')
  const child = Bun.spawn(['sh', '-c', `${command} | (sleep 2; cat)`], {
    env: { PATH: process.env.PATH, HOME: folder, OPENAI_API_KEY: 'k' },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const printed = await new Response(child.stdout).text()
  rmSync(folder, { recursive: true })

  expect(printed.length).toBeGreaterThan(content.length)
  expect(printed.trimEnd().endsWith('}')).toBeTrue()
})

test.each([
  [['--version'], 0],
  [['explain', '--no-such-flag'], 2],
  [['config', 'check', '/nowhere/lynkr.yaml'], 2],
])('%p ends with %p', async (args, code) => {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-output-'))
  const child = Bun.spawn([...lynkrCommand(), ...args], {
    env: { PATH: process.env.PATH, HOME: home },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const said = await new Response(child.stderr).text()
  rmSync(home, { recursive: true })

  expect(await child.exited).toBe(code)
  expect(said).not.toContain('    at ')
})

test('output that finds no room is a sentence and no success', async () => {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-output-'))
  const child = Bun.spawn(['sh', '-c', `${lynkrCommand().join(' ')} config schema > /dev/full`], {
    env: { PATH: process.env.PATH, HOME: home },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const said = await new Response(child.stderr).text()
  rmSync(home, { recursive: true })

  expect({ said, code: await child.exited }).toEqual({
    said: 'lynkr: the output cannot be written: the disk is full\n',
    code: 1,
  })
})

test('a reader that has seen enough is no failure', async () => {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-output-'))
  const child = Bun.spawn(['sh', '-c', `{ ${lynkrCommand().join(' ')} config schema; echo "$?" >&2; } | head -n 1`], {
    env: { PATH: process.env.PATH, HOME: home },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const said = await new Response(child.stderr).text()
  rmSync(home, { recursive: true })

  expect(said).toBe('0\n')
})
