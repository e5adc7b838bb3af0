import type { Environment } from '../../config/environment.ts'
import type { Settings } from '../../config/load.ts'
import { ProxyError } from '../../core/errors.ts'
import { DEFAULT_IMAGE } from '../../sandbox/images.ts'
import { configuredSandbox } from '../configured-sandbox.ts'
import { type Finding, ok, problem } from './finding.ts'

const ANSWER_WITHIN_MS = 3_000

/** The engine that commands run in, if there are any; without commands its absence is no fault. */
export async function checkDocker(settings: Settings, environment: Environment): Promise<Finding[]> {
  const wanted = [...settings.commands.values()]
  if (wanted.length === 0) return [ok('docker', 'not needed: lynkr.yaml declares no commands')]
  const { engine, images } = configuredSandbox({ settings, environment })
  try {
    const { exitCode, stdout, stderr } = await engine.ask(['version', '--format', '{{.Server.Version}}'], {
      timeoutMs: ANSWER_WITHIN_MS,
    })
    if (exitCode !== 0) {
      const fix = 'Start the engine, and let this user talk to it: DOCKER_HOST, or the group docker.'
      return [problem('docker', firstLine(stderr), fix)]
    }
    const names = [...new Set(wanted.map(({ image }) => image))]
    const unpinned = names.filter((name) => images.referenceOf(name) === null).map((name) => name ?? DEFAULT_IMAGE)
    if (unpinned.length === 0) return [ok('docker', `engine ${stdout.trim()}, every image is pinned`)]
    return [
      problem('docker', `no image is pinned as ${unpinned.join(', ')}`, '`lynkr sandbox build` makes and pins it.'),
    ]
  } catch (thrown) {
    if (!(thrown instanceof ProxyError)) throw thrown
    const fix = 'Install a docker client, or name one with LYNKR_SANDBOX_CLIENT.'
    return [problem('docker', thrown.message, fix)]
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
