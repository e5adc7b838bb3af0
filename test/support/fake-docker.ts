import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Scheduler, systemScheduler } from '../../src/core/clock.ts'
import { createEngine, type Engine } from '../../src/sandbox/engine.ts'

/** A docker client that has one container at most, and does in its stead what a test says. No engine is behind it. */
export interface FakeDocker extends Disposable {
  readonly engine: Engine
  /** Whether its container is there. */
  isRunning(): boolean
}

export interface FakeDockerOptions {
  /** Shell words that stand for `docker kill`. Absent: the container is gone. */
  readonly kill?: string
  readonly scheduler?: Scheduler
}

/** @param run shell words that stand for `docker run`, once the container is there; it stays unless `$container` is removed */
export function openFakeDocker(
  run: string,
  { kill = 'rm -f "$container"', scheduler = systemScheduler }: FakeDockerOptions = {},
): FakeDocker {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-docker-'))
  const container = join(folder, 'container')
  const client = join(folder, 'docker')
  const lines = [
    '#!/bin/sh',
    `container='${container}'`,
    'case "$1" in',
    `run) : >"$container"; ${run} ;;`,
    'ps) if [ -e "$container" ]; then echo 0123456789ab; fi ;;',
    `kill | rm) ${kill} ;;`,
    'esac',
  ]
  writeFileSync(client, `${lines.join('\n')}\n`, { mode: 0o755 })
  const environment = { PATH: '/usr/bin:/bin' }
  return {
    engine: createEngine({ client, environment, scheduler }),
    isRunning: () => existsSync(container),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
