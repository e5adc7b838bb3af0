import { expect, test } from 'bun:test'
import { accessLine } from '../../src/observability/access-log.ts'
import { requestRecord } from '../support/request-record.ts'

const line = accessLine(requestRecord(), { level: 'info', head: ',"pid":1,"hostname":"h"', standsFor: 1 })
const FIELDS = Object.keys(JSON.parse(line))

interface Processor {
  readonly rename?: { readonly field: string; readonly target_field: string }
  readonly remove?: { readonly field: string | readonly string[] }
  readonly script?: { readonly source: string }
}

interface Stage {
  readonly json?: { readonly expressions: Readonly<Record<string, string>> }
  readonly labels?: object
  readonly structured_metadata?: object
}

test('Elasticsearch finds every field of the access line under its ECS name, and no other', async () => {
  const { processors } = (await Bun.file('k8s/monitoring/logs/elasticsearch.json').json()) as {
    processors: readonly Processor[]
  }

  const renamed = processors.flatMap(({ rename }) => (rename === undefined ? [] : [rename]))
  const removed = processors.flatMap(({ remove }) => [remove?.field ?? []].flat())
  const handled = [...renamed.map(({ field }) => field), ...removed.filter((field) => field.startsWith('lynkr.'))]

  expect(handled.sort()).toEqual(FIELDS.map((field) => `lynkr.${field}`).sort())
  expect(new Set(renamed.map((rename) => rename.target_field)).size).toBe(renamed.length)
})

test('Loki gets as labels only what has few values, and every field it reads is one of the access line', async () => {
  const text = await Bun.file('k8s/monitoring/logs/loki.yaml').text()
  const config = Bun.YAML.parse(text) as { pipeline_stages: readonly { match: { stages: readonly Stage[] } }[] }

  const stages = config.pipeline_stages[0]?.match.stages ?? []
  const read = stages.flatMap(({ json }) => Object.values(json?.expressions ?? {}))
  const labels = stages.flatMap((stage) => Object.keys(stage.labels ?? {}))
  const metadata = stages.flatMap((stage) => Object.keys(stage.structured_metadata ?? {}))

  expect(read.filter((field) => !FIELDS.includes(field))).toEqual([])
  expect(labels).toEqual(['level', 'surface', 'provider', 'outcome'])
  expect([...labels, ...metadata].filter((name) => !read.includes(name))).toEqual([])
})

test('the page on operations names every field of the access line', async () => {
  const page = await Bun.file('docs/operations.md').text()
  const unnamed = FIELDS.filter((field) => !page.includes(`\`${field}\``))

  expect(unnamed.filter((field) => !['pid', 'hostname', 'msg'].includes(field))).toEqual([])
})
