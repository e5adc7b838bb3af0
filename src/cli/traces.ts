import { hostname } from 'node:os'
import type { Settings } from '../config/load.ts'
import { systemScheduler } from '../core/clock.ts'
import { systemRandom } from '../core/random.ts'
import { Secret } from '../core/secret.ts'
import type { Metrics } from '../observability/recorder.ts'
import { openTracer, type Tracer } from '../observability/traces/tracer.ts'
import { VERSION } from './version.ts'

const NO_TRACES: Tracer = { record: () => undefined, recordRun: () => undefined, close: async () => undefined }

/** Traces to the configured collector. Without one nothing of OpenTelemetry is even loaded. */
export async function openTraces(settings: Settings, { families }: Metrics): Promise<Tracer> {
  if (settings.otlpEndpoint === undefined) return NO_TRACES
  const { openOtlpSender } = await import('../observability/traces/otlp-sender.ts')
  const { send } = openOtlpSender({
    endpoint: settings.otlpEndpoint,
    headers: parseHeaders(settings.otlpHeaders),
    serviceName: settings.serviceName,
    version: VERSION,
    instanceId: `${hostname()}:${process.pid}`,
  })
  return openTracer({
    send,
    scheduler: systemScheduler,
    random: systemRandom,
    onSent: (spans) => families.spansSent.add(spans),
    onLost: (spans) => families.spansLost.add(spans),
  })
}

/** `name=value,name=value`, values percent-encoded, as the OpenTelemetry specification has it. */
function parseHeaders(text: string): Record<string, Secret> {
  const pairs = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at < 1 ? [] : [[pair.slice(0, at).trim(), new Secret(decode(pair.slice(at + 1).trim()))] as const]
  })
  return Object.fromEntries(pairs)
}

function decode(text: string): string {
  return /^(?:[^%]|%[0-9a-f]{2})*$/i.test(text) ? decodeURIComponent(text) : text
}
