import { expect, test } from 'bun:test'
import { STRIPS } from '../../src/dialect/strips/strip-table.ts'

test('docs/capabilities.md lists every feature that can be left out, with its members and betas', async () => {
  const page = await Bun.file('docs/capabilities.md').text()
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))

  expect(
    rows.map((row) =>
      row
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', ''))
        .slice(1, 4),
    ),
  ).toEqual(
    STRIPS.map(({ name, paths, blocks = [], items = [], includes = [], betas }) => [
      name,
      [
        ...paths,
        ...blocks.map((type) => `system messages: block ${type}`),
        ...items.map((type) => `input: item ${type}`),
        ...includes.map((name) => `include: ${name}`),
      ].join(', ') || '–',
      betas.map((beta) => `${beta}*`).join(', ') || '–',
    ]),
  )
})
