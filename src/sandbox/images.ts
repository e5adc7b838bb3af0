import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { listOf, tryObject } from '../core/json.ts'
import { isSystemError } from '../core/system-error.ts'
import { type Engine, unavailable } from './engine.ts'

/** What a template without an image uses; `lynkr sandbox build` makes it. */
export const DEFAULT_IMAGE = 'lynkr-sandbox'

/** An image by content, with what a run must know of it. */
export interface PinnedImage {
  /** `sha256:…` or `name@sha256:…`: what `docker run` is given. */
  readonly reference: string
  /** Names of the variables it would set. */
  readonly environment: readonly string[]
}

/** Turns the image of a template into content that cannot change under it. */
export interface Images {
  /** Throws `sandbox_unavailable`: not pinned, not on this engine, or with volumes of its own. */
  resolve(image: string | null): Promise<PinnedImage>
  /** Reference without asking the engine; `null` when the name is not pinned. */
  referenceOf(image: string | null): string | null
  /** Remembers that a name means this image id, until the next pin. */
  pin(name: string, id: string): void
}

/**
 * Pins kept in a JSON file (`name` → `sha256:…`). A name that is not there does not run: a tag on the engine may point to
 * something else tomorrow.
 */
export function openImages(engine: Engine, path: string): Images {
  // Who asks while the engine is being asked waits for that answer: a slow engine must not gather a client per call.
  const known = new Map<string, Promise<PinnedImage>>()
  const ask = (reference: string): Promise<PinnedImage> => {
    const asked = inspect(engine, reference).catch((thrown: unknown) => {
      known.delete(reference)
      throw thrown
    })
    known.set(reference, asked)
    return asked
  }
  const referenceOf = (image: string | null): string | null => {
    if (image?.includes('sha256:')) return image
    return readPins(path)[image ?? DEFAULT_IMAGE] ?? null
  }
  return {
    referenceOf,
    async resolve(image) {
      const reference = referenceOf(image)
      if (reference === null) {
        throw unavailable(`the image ${image ?? DEFAULT_IMAGE} is not pinned on this machine: run lynkr sandbox build`)
      }
      return known.get(reference) ?? ask(reference)
    },
    pin(name, id) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const next = `${path}.${process.pid}`
      writeFileSync(next, `${JSON.stringify({ ...readPins(path), [name]: id }, null, 2)}\n`, { mode: 0o600 })
      renameSync(next, path)
    },
  }
}

function readPins(path: string): Record<string, string> {
  try {
    const pins: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof pins !== 'object' || pins === null) return {}
    return Object.fromEntries(
      Object.entries(pins).filter(([, id]) => typeof id === 'string' && /^sha256:[0-9a-f]{64}$/.test(id)),
    )
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return {}
    throw unavailable(`the image pins in ${path} cannot be read`, error)
  }
}

async function inspect(engine: Engine, reference: string): Promise<PinnedImage> {
  const answer = await engine.ask(['image', 'inspect', '--format', '{{json .Config}}', reference])
  if (answer.exitCode !== 0) {
    const isMissing = /no such image/i.test(answer.stderr)
    throw unavailable(
      isMissing ? 'the image of this command is not on this machine: run lynkr sandbox build' : ENGINE_DOWN,
      new Error(answer.stderr.slice(0, 2000)),
    )
  }
  const config = tryObject(JSON.parse(answer.stdout))
  if (config === null) throw unavailable('the engine described the image in no known way')
  if (Object.keys(tryObject(config.Volumes) ?? {}).length > 0) {
    throw unavailable('the image declares volumes, which would be writable disk of the host')
  }
  return { reference, environment: listOf(config.Env).map((line) => String(line).split('=')[0] ?? '') }
}

const ENGINE_DOWN = 'the container engine is not available'
