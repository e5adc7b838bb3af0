import { parentPort } from 'node:worker_threads'

/** A worker with an event loop of its own, which load cannot delay: asks for health at a steady rate and times it. */
const EVERY_MS = 20
const answeredMs: number[] = []
let failures = 0

async function probe(url: string): Promise<void> {
  const startMs = performance.now()
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch((): null => null)
  await response?.text()
  if (response?.status !== 200) failures++
  answeredMs.push(performance.now() - startMs)
}

parentPort?.on('message', (message: { url: string } | 'report') => {
  if (message !== 'report') setInterval(() => void probe(message.url), EVERY_MS)
  else parentPort?.postMessage({ answeredMs, failures })
})
