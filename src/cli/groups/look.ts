import type { Command } from 'commander'
import type { Settings } from '../../config/load.ts'
import type { DiscoveryDoor } from '../../pipeline/discovery.ts'
import { type Exit, HEADING } from './group.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const printError = (line: string): void => void process.stderr.write(`${line}\n`)

/** Commands that show where requests go and what becomes of them. None needs a running lynkr. */
export function addLookCommands(program: Command, exit: Exit): void {
  program
    .command('models')
    .helpGroup(HEADING.look)
    .description('every model name that can be asked for, and where it goes')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const settings = await loadOrExplain(exit)
      if (settings === null) return
      const { models } = await import('../commands/models.ts')
      exit(await models({ settings, ...(await openDoor()), format: json ? 'json' : 'table', print, printError }))
    })
}

/** The way to the providers, for a process that does nothing else meanwhile. */
async function openDoor(): Promise<DiscoveryDoor> {
  const { fetchTransport: transport } = await import('../../upstream/fetch-transport.ts')
  const { openSigners } = await import('../../upstream/signers.ts')
  const { holdingScheduler: scheduler, systemClock: clock } = await import('../../core/clock.ts')
  return { transport, scheduler, signers: openSigners({ transport, clock, scheduler }) }
}

/** `null` after saying what is wrong, with exit code 2. */
async function loadOrExplain(exit: Exit): Promise<Settings | null> {
  const { readEnvironment } = await import('../../config/environment.ts')
  const { loadSettings } = await import('../../config/load.ts')
  const { formatIssues } = await import('../../config/issue.ts')
  const loaded = loadSettings(readEnvironment())
  if ('settings' in loaded) return loaded.settings
  process.stderr.write(formatIssues(loaded.issues))
  exit(2)
  return null
}
