import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { dockerRunArgv, type RunPlan } from '../../src/sandbox/docker-argv.ts'
import { INJECTIONS } from '../policy/injections.ts'

const plan: RunPlan = {
  runId: '00112233',
  image: `sha256:${'a'.repeat(64)}`,
  imageEnvironment: ['PATH', 'NODE_VERSION'],
  argv: ['ls', '-l', '--', '.'],
  workspace: { root: '/srv/work', mode: 'read' },
  limits: { timeoutMs: 30_000, outputBytes: 1024, memoryMib: 256, cpus: 0.5, pids: 64, tmpMib: 16 },
  processors: 2,
  owner: { installation: 'abc', process: '12.34' },
}

describe('the argv of the engine', () => {
  test('is every protection there is, then the image by content, then the command', () => {
    expect(dockerRunArgv(plan).join(' ')).toBe(
      [
        'run --rm --init --name lynkr-00112233',
        '--label io.lynkr.sandbox=00112233 --label io.lynkr.installation=abc --label io.lynkr.process=12.34',
        '--pull never --network none --read-only --cap-drop ALL --security-opt no-new-privileges --user 65534:65534',
        '--pids-limit 64 --cpus 0.5 --memory 256m --memory-swap 256m',
        '--ulimit nofile=1024:1024 --ulimit core=0:0 --ulimit cpu=31:31',
        '--tmpfs /tmp:rw,noexec,nosuid,nodev,size=16m,mode=1777 --ipc none --log-driver none --no-healthcheck',
        '--env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --env LANG=C.UTF-8 --env HOME=/tmp',
        '--env HOSTNAME --env HTTP_PROXY --env http_proxy --env HTTPS_PROXY --env https_proxy',
        '--env FTP_PROXY --env ftp_proxy --env ALL_PROXY --env all_proxy --env NO_PROXY --env no_proxy',
        '--env NODE_VERSION --workdir /workspace',
        '--mount type=bind,source=/srv/work,target=/workspace,bind-propagation=rprivate,readonly',
        `--entrypoint ls sha256:${'a'.repeat(64)} -l -- .`,
      ].join(' '),
    )
  })

  test('a variable that the client may have itself is empty, for its value would go into the container', () => {
    const argv = dockerRunArgv({ ...plan, imageEnvironment: ['DOCKER_AUTH_CONFIG', 'XDG_RUNTIME_DIR', 'DOCKERED'] })

    expect(argv.join(' ')).toContain('--env DOCKER_AUTH_CONFIG= --env XDG_RUNTIME_DIR= --env DOCKERED --workdir')
  })

  test('a declared workspace is writable, and nothing else changes', () => {
    const writable = dockerRunArgv({ ...plan, workspace: { root: '/srv/work', mode: 'write' } })

    expect(writable.map((argument) => (argument.startsWith('type=bind') ? `${argument},readonly` : argument))).toEqual(
      dockerRunArgv(plan),
    )
  })

  test('asks for no more processors than there are, for which an engine would refuse the run', () => {
    const argv = (cpus: number) => dockerRunArgv({ ...plan, limits: { ...plan.limits, cpus } }).join(' ')

    expect(argv(2)).toContain('--cpus 2 ')
    expect(argv(64)).toContain('--cpus 2 ')
  })

  test('without a workspace nothing is mounted', () => {
    const argv = dockerRunArgv({ ...plan, workspace: null })

    expect(argv).not.toContain('--mount')
    expect(argv.join(' ')).toContain('--workdir /tmp')
  })

  test('no value of a command can become an option of the engine', () => {
    const value = fc.oneof(fc.constantFrom(...INJECTIONS, '--privileged', '-v/:/host', '--network=host'), fc.string())
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), (values) => {
        const argv = dockerRunArgv({ ...plan, argv: ['ls', ...values] })
        const image = argv.indexOf(plan.image)

        expect(argv.slice(0, image)).toEqual(dockerRunArgv(plan).slice(0, image))
        expect(argv.slice(image + 1)).toEqual(values)
      }),
      { numRuns: 300 },
    )
  })
})
