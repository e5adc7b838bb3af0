import { describe, expect, test } from 'bun:test'
import { workspaceRootProblem } from '../../src/policy/workspace-root.ts'

const PROTECTED = { homeFolder: '/home/ann', dataFolder: '/data/lynkr', engineSockets: ['/srv/engine/docker.sock'] }

describe('a workspace root', () => {
  test.each(['/srv/repo', '/home/ann/project', '/home/annex', '/data/lynkr2', '/srv/engine2', '/tmp/work', '/srv/a b'])(
    '%s is accepted',
    (root) => {
      expect(workspaceRootProblem(root, PROTECTED)).toBeNull()
    },
  )

  test.each([
    '/',
    '//',
    '/home',
    '/home/ann',
    '/data',
    '/data/lynkr',
    '/data/lynkr/sub',
    '/srv',
    '/srv/engine',
    '/srv/engine/docker.sock',
    '/etc',
    '/etc/ssl',
    '/proc/1/root',
    '/sys',
    '/dev/shm',
    '/run/docker.sock',
    '/var',
    '/var/run',
    'srv/repo',
    './repo',
    '~/repo',
    '/srv/repo/',
    '/srv/../etc',
    '/srv//repo',
    '/srv/a,readonly=false',
    '/srv/a"b',
    '/srv/a\nb',
  ])('%j is refused', (root) => {
    expect(workspaceRootProblem(root, PROTECTED)).not.toBeNull()
  })
})
