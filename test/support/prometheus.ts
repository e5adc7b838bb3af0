import { installPrograms } from './debian.ts'

/** Prometheus' own checker, and the server, as Debian ships them. */
export interface Prometheus {
  readonly promtool: string
  readonly server: string
}

/** Installs Debian's `prometheus` where that is possible; to be called through `requireService`. */
export async function findPrometheus(): Promise<Prometheus> {
  const [promtool = '', server = ''] = await installPrograms(['promtool', 'prometheus'], ['prometheus'])
  return { promtool, server }
}

/** Runs a program to its end. @returns its exit code, and everything that it printed */
export async function runTool(command: readonly string[], input = ''): Promise<{ code: number; output: string }> {
  const child = Bun.spawn([...command], { stdin: new Blob([input]), stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, output: stdout + stderr }
}
