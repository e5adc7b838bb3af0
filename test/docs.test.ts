import { expect, test } from 'bun:test'
import { GENERATED_PAGES } from '../scripts/generate-docs.ts'

test.each(Object.entries(GENERATED_PAGES))('%s says what the source says', async (path, page) => {
  const written = await Bun.file(path).text()

  expect(written, 'run `bun run docs`').toBe(await page())
})
