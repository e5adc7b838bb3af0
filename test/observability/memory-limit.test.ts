import { expect, test } from 'bun:test'
import { memoryLimitBytes } from '../../src/observability/memory-limit.ts'

const HOST = 8_000_000_000
const V1_NONE = '9223372036854771712\n'

function machine(files: Record<string, string>) {
  return (path: string): string | null => files[path] ?? null
}

test.each([
  ['no cgroup at all', {}, HOST],
  ['v2 in a container', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': '2147483648\n' }, 2_147_483_648],
  ['v2 without a limit', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': 'max\n' }, HOST],
  [
    'v2 as a service, limited by its parent',
    {
      '/proc/self/cgroup': '0::/system.slice/lynkr.service\n',
      '/sys/fs/cgroup/system.slice/lynkr.service/memory.max': 'max\n',
      '/sys/fs/cgroup/system.slice/memory.max': '1000000000\n',
    },
    1_000_000_000,
  ],
  [
    'v1',
    {
      '/proc/self/cgroup': '9:name=systemd:/\n4:memory:/docker/abc\n0::/\n',
      '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '536870912\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': V1_NONE,
    },
    536_870_912,
  ],
  [
    'v1 in a container, whose own path is not visible',
    {
      '/proc/self/cgroup': '4:cpu,memory:/docker/abc\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '536870912\n',
    },
    536_870_912,
  ],
  ['v1 without a limit', { '/sys/fs/cgroup/memory/memory.limit_in_bytes': V1_NONE }, HOST],
  ['a limit above the machine', { '/sys/fs/cgroup/memory.max': `${HOST + 1}\n` }, HOST],
  ['nonsense', { '/proc/self/cgroup': '0::/../..\n', '/sys/fs/cgroup/memory.max': '-5\n' }, HOST],
  ['a limit of zero', { '/sys/fs/cgroup/memory.max': '0\n' }, HOST],
])('with %s the limit is right', (_, files, limit) => {
  expect(memoryLimitBytes(machine(files as Record<string, string>), HOST)).toBe(limit)
})
