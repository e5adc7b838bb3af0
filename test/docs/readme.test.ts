import { expect, test } from 'bun:test'
import { withSettingsTable } from '../../scripts/settings-table.ts'

test("the README's table of settings is what the schema says", async () => {
  const readme = await Bun.file('README.md').text()

  expect(withSettingsTable(readme)).toBe(readme)
})
