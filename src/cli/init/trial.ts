import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Environment } from '../../config/environment.ts'
import { secureBytes } from '../../core/random.ts'
import { startOwnServer } from '../own-server.ts'

/** What a real request through the new configuration came to. */
export type Trial =
  | { readonly ok: true; readonly text: string; readonly provider: string; readonly costUsd: number }
  | { readonly ok: false; readonly reason: string }

const ANSWER_WITHIN_MS = 60_000
const REASON_CHARS_MAX = 600

const errorSchema = z.object({ error: z.object({ message: z.string() }) })
const answerSchema = z.object({ content: z.array(z.object({ text: z.string().optional() })) })

/**
 * Starts lynkr with the file and asks one short question. Nothing of it stays: the file and the data folder are
 * temporary, the file readable by its owner alone.
 */
export async function tryOut(yaml: string, model: string, environment: Environment): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-init-'))
  try {
    const file = join(folder, 'lynkr.yaml')
    writeFileSync(file, yaml, { mode: 0o600 })
    const token = secureBytes(24).toHex()
    const server = await startOwnServer({
      environment: { ...environment, LYNKR_CONFIG: file, LYNKR_DATA_DIR: folder, LYNKR_API_KEYS: token },
    })
    if ('said' in server) return { ok: false, reason: server.said.trim() }
    try {
      const answer = await ask(server.url, token, model)
      if (!answer.ok) return answer
      const snapshot = await server.snapshot()
      const [provider = ''] = Object.keys(snapshot?.providers ?? {})
      return { ...answer, provider, costUsd: snapshot?.cost_usd ?? 0 }
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function ask(
  url: string,
  token: string,
  model: string,
): Promise<{ ok: true; text: string } | { ok: false; reason: string }> {
  try {
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        model,
        max_tokens: 256,
        messages: [{ role: 'user', content: 'Say hello in at most five words.' }],
      }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    const text = await response.text()
    if (!response.ok)
      return { ok: false, reason: `${response.status}: ${errorMessage(text).slice(0, REASON_CHARS_MAX)}` }
    const { content } = answerSchema.parse(JSON.parse(text))
    return {
      ok: true,
      text: content
        .map((block) => block.text ?? '')
        .join('')
        .trim(),
    }
  } catch (thrown) {
    return { ok: false, reason: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

/** The sentence of an error in the client's dialect, else all that was said. */
function errorMessage(text: string): string {
  try {
    return errorSchema.parse(JSON.parse(text)).error.message
  } catch (thrown) {
    if (thrown instanceof Error) return text
    throw thrown
  }
}
