/**
 * The page's script and what it imports as one text. A macro: it runs while lynkr is built (or, from source, when the
 * importing module is loaded), so that the executable carries the result and no bundler.
 */
export function bundleClient(): string {
  const entry = `${import.meta.dir}/client/main.ts`
  const built = Bun.spawnSync([process.execPath, 'build', '--minify', '--target=browser', entry])
  if (built.exitCode !== 0) throw new Error(`the dashboard's script cannot be bundled: ${built.stderr.toString()}`)
  return built.stdout.toString()
}
