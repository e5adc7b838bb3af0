/** What keeps time beside a busy load runs before everything else on its processor, where the system lets it. */
const FIRST = ['chrt', '-r', '10'] as const

/**
 * Starts a program of this folder in a process of its own.
 *
 * @param onMessage hears what it sends
 */
export function startPromptly(file: string, words: readonly string[], onMessage?: (message: unknown) => void) {
  const command = [process.execPath, `${import.meta.dir}/${file}`, ...words]
  const isFirst = Bun.which('chrt') !== null && Bun.spawnSync([...FIRST, 'true']).success
  const child = Bun.spawn(isFirst ? [...FIRST, ...command] : command, {
    stdio: ['ignore', 'inherit', 'inherit'],
    ...(onMessage !== undefined && { ipc: onMessage }),
  })
  process.on('exit', () => child.kill('SIGKILL'))
  return child
}
