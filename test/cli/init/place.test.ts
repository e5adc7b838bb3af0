import { expect, test } from 'bun:test'
import { initTarget } from '../../../src/cli/init/place.ts'

test.each([
  [{ LYNKR_CONFIG: '/srv/l.yaml', HOME: '/home/ann' }, '/srv/l.yaml'],
  [{ XDG_CONFIG_HOME: '/home/ann/cfg', HOME: '/home/ann' }, '/home/ann/cfg/lynkr/lynkr.yaml'],
  [{ HOME: '/home/ann' }, '/home/ann/.config/lynkr/lynkr.yaml'],
  [{}, '/etc/lynkr/lynkr.yaml'],
])('with %j init writes %s, where serve looks', (environment, path) => {
  expect(initTarget(environment)).toBe(path)
})
