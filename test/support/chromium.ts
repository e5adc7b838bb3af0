import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { installPrograms } from './debian.ts'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A real browser with a profile of its own. */
export interface Browser {
  readonly context: BrowserContext
  close(): Promise<void>
}

/** Starts Debian's `chromium`, installing it where that is possible; to be called through `requireService`. */
export async function startChromium(): Promise<Browser> {
  const [executablePath = ''] = await installPrograms(['chromium'], ['chromium'])
  const profile = mkdtempSync(join(tmpdir(), 'lynkr-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: FLAGS,
    viewport: { width: 1400, height: 1000 },
  })
  return {
    context,
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
