import { expect, test } from 'bun:test'
import { processorLimit } from '../../src/observability/processor-limit.ts'

const HOST = 64

function machine(files: Record<string, string>) {
  return (path: string): string | null => files[path] ?? null
}

const v1 = (group: string, quota: string, period = '100000\n') => ({
  [`/sys/fs/cgroup/cpu${group}cpu.cfs_quota_us`]: quota,
  [`/sys/fs/cgroup/cpu${group}cpu.cfs_period_us`]: period,
})

test.each([
  ['no cgroup at all', {}, HOST],
  ['half a processor', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '50000 100000\n' }, 1],
  ['two processors', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '200000 100000\n' }, 2],
  ['two and a half', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '250000 100000\n' }, 3],
  ['v2 without a quota', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, HOST],
  [
    'v2 as a service, limited by its parent',
    {
      '/proc/self/cgroup': '0::/system.slice/lynkr.service\n',
      '/sys/fs/cgroup/system.slice/lynkr.service/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/system.slice/cpu.max': '400000 100000\n',
    },
    4,
  ],
  [
    'v1',
    { '/proc/self/cgroup': '1:cpu,cpuacct:/docker/abc\n', ...v1('/docker/abc/', '150000\n'), ...v1('/', '-1\n') },
    2,
  ],
  [
    'v1 in a container, whose own path is not visible',
    { '/proc/self/cgroup': '1:cpu:/docker/abc\n', ...v1('/', '50000\n') },
    1,
  ],
  ['v1 without a quota', v1('/', '-1\n'), HOST],
  ['a quota above the machine', { '/sys/fs/cgroup/cpu.max': '9900000 100000\n' }, HOST],
  ['nonsense', { '/sys/fs/cgroup/cpu.max': '100000\n', ...v1('/', '0\n', '0\n') }, HOST],
])('with %s the number is right', (_, files, processors) => {
  expect(processorLimit(machine(files as Record<string, string>), HOST)).toBe(processors)
})
