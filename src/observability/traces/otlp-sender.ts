import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { Secret } from '../../core/secret.ts'
import type { SendSpans } from './span-queue.ts'
import type { Span } from './spans-of.ts'

export interface OtlpOptions {
  /** As `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` is added. */
  readonly endpoint: string
  /** As `OTEL_EXPORTER_OTLP_HEADERS`, parsed; values are credentials. */
  readonly headers: Readonly<Record<string, Secret>>
  readonly serviceName: string
  readonly version: string
  readonly instanceId: string
}

type ExportedSpan = Parameters<OTLPTraceExporter['export']>[0][number]

/** One batch, its retries included, in ms. */
const SEND_TIMEOUT_MS = 10_000

/** Sends spans as OTLP over HTTP, protobuf. Retries what the specification says, within `SEND_TIMEOUT_MS`. */
export function openOtlpSender(options: OtlpOptions): { readonly send: SendSpans } {
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: Object.fromEntries(Object.entries(options.headers).map(([name, value]) => [name, value.reveal()])),
    timeoutMillis: SEND_TIMEOUT_MS,
  })
  const common = {
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.version,
      'service.instance.id': options.instanceId,
    }),
    instrumentationScope: { name: 'lynkr', version: options.version },
    links: [],
    events: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
  return {
    send(spans) {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      exporter.export(
        spans.map((span) => ({ ...common, ...toExported(span) })),
        (result) => resolve(result.code === TAKEN),
      )
      return promise
    },
  }
}

/** `ExportResultCode.SUCCESS`. */
const TAKEN = 0

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const

type Common = 'resource' | 'instrumentationScope' | 'links' | 'events' | 'ended' | `dropped${string}`

function toExported(span: Span): Omit<ExportedSpan, Common> {
  const { traceId, spanId, parentId } = span
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
    ...(parentId !== null && {
      parentSpanContext: {
        traceId,
        spanId: parentId,
        traceFlags: TraceFlags.SAMPLED,
        isRemote: span.kind === 'server',
      },
    }),
    startTime: toHrTime(span.startWallMs),
    endTime: toHrTime(span.endWallMs),
    duration: toHrTime(span.endWallMs - span.startWallMs),
    status: { code: span.isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: span.attributes,
  }
}

/** Seconds and nanoseconds; ms as a double is exact to about 0.2 µs of wall time, which is what clocks give. */
function toHrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
