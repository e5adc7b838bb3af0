import { arch, cpus, platform, release, totalmem } from 'node:os'

/** What has to be known about a run to compare it with another. */
export function describeRun(isQuick: boolean): Readonly<Record<string, string | number | boolean>> {
  const git = Bun.spawnSync(['git', 'rev-parse', '--short=12', 'HEAD'], { stderr: 'ignore' })
  return {
    commit: git.stdout.toString().trim() || 'unknown',
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    os: `${platform()} ${release()} ${arch()}`,
    bun: Bun.version,
    quick: isQuick,
  }
}
