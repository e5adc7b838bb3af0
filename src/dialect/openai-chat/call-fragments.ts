import type { ToolUseBlock } from '../../core/block.ts'
import { textOf, tryObject } from '../../core/json.ts'
import { malformed } from '../faults.ts'
import { toCanonicalId } from '../tools/tool-ids.ts'
import type { ToolNames } from '../tools/tool-names.ts'
import { CUSTOM_CALL } from './custom-calls.ts'
import { type JsonScan, openJsonScan } from './json-scan.ts'
import type { CallLane, Lanes } from './lanes.ts'

export interface CallFragments {
  /** One item of `delta.tool_calls`, or a legacy `delta.function_call`. */
  push(item: unknown): void
  /** Ends every call, before the lanes are flushed. */
  end(): void
  count(): number
}

interface Call extends CallLane {
  readonly scan: JsonScan
  readonly isCustom: boolean
  wireId: string
  name: string
  isShown: boolean
  hasInput: boolean
}

/**
 * Puts fragments of tool calls together. By the book a fragment belongs to the call of its `index`, and only the
 * first one has `id` and `name`. Servers leave out the index, repeat or empty the id, split or repeat the name,
 * send the whole call at once, or give all calls index 0.
 *
 * @param makeId an id for the n-th call, where the server sent none or one that is taken
 */
export function openCallFragments(lanes: Lanes, names: ToolNames, makeId: (n: number) => string): CallFragments {
  const byIndex = new Map<number, Call>()
  const byId = new Map<string, Call>()
  const calls: Call[] = []

  function open(isCustom: boolean): Call {
    const ordinal = calls.length
    const call: Call = {
      kind: 'call',
      scan: openJsonScan(),
      isCustom,
      wireId: '',
      name: '',
      isShown: false,
      hasInput: false,
      isComplete: () => call.scan.isComplete(),
      head(isLast) {
        if (!call.hasInput && !isLast) return null
        if (call.name === '') throw malformed('a tool call without a name')
        call.isShown = true
        return headOf(call, makeId(ordinal), names)
      },
    }
    calls.push(call)
    lanes.openCall(call)
    return call
  }

  function find(index: unknown, id: string, name: string, input: string): Call | null {
    const last = calls[calls.length - 1] ?? null
    const known = (typeof index === 'number' ? byIndex.get(index) : undefined) ?? (id === '' ? undefined : byId.get(id))
    if (typeof index === 'number') return known === undefined || isAnother(known, id, name, input) ? null : known
    if (known !== undefined) return isAnother(known, id, name, input) ? null : known
    if (last === null || name === '') return last
    if (id !== '') return last.hasInput && !last.isComplete() && last.name === name ? last : null
    const isOther = last.name !== name && names.isKnown(last.name) && names.isKnown(name)
    return isOther || last.isComplete() ? null : last
  }

  return {
    push(item) {
      const fragment = tryObject(item)
      if (fragment === null) return
      const custom = tryObject(fragment.custom)
      const body = custom ?? tryObject(fragment.function) ?? fragment
      const id = textOf(fragment.id)
      const name = textOf(body.name)
      const input = custom === null ? argumentText(body.arguments) : textOf(custom.input)
      let call = find(fragment.index, id, name, input)
      if (call === null) {
        call = open(custom !== null)
        if (id !== '' && !byId.has(id)) call.wireId = id
      }
      if (typeof fragment.index === 'number') byIndex.set(fragment.index, call)
      if (id !== '' && !byId.has(id)) byId.set(id, call)
      if (call.wireId === '' && byId.get(id) === call) call.wireId = id
      if (!call.isShown) call.name = joinName(call.name, name, names)
      addInput(lanes, call, input)
    },
    end() {
      for (const call of calls) if (call.isCustom) lanes.callDelta(call, call.hasInput ? '"}' : '{"input":""}')
    },
    count: () => calls.length,
  }
}

/** A new call that reuses the place of a finished one: nothing can follow a complete argument but another call. */
function isAnother(call: Call, id: string, name: string, input: string): boolean {
  if (name === '' || !call.isComplete()) return false
  return (id !== '' && id !== call.wireId) || input.trim() !== ''
}

function addInput(lanes: Lanes, call: Call, input: string): void {
  if (input === '') return
  const isFirst = !call.hasInput
  call.hasInput = true
  if (call.isCustom) {
    // Free text becomes the string in `{"input":"…"}`, piece by piece.
    lanes.callDelta(call, (isFirst ? '{"input":"' : '') + JSON.stringify(input).slice(1, -1))
    return
  }
  call.scan.push(input)
  lanes.callDelta(call, input)
}

function headOf(call: Call, spareId: string, names: ToolNames): ToolUseBlock {
  const id = call.wireId === '' ? spareId : toCanonicalId(call.wireId)
  const head = { type: 'tool_use', id, name: names.toCanonical(call.name), inputJson: '' } as const
  return call.isCustom ? { ...head, opaque: CUSTOM_CALL } : head
}

/** A repeated name stays as it is, a split one grows; the tools of the request tell which is which. */
function joinName(sofar: string, piece: string, names: ToolNames): string {
  if (piece === '' || piece === sofar) return sofar
  if (sofar === '' || names.isKnown(sofar + piece) || !names.isKnown(sofar)) return sofar + piece
  return sofar
}

/** `arguments` is JSON text by the book; some servers send the object itself. */
export function argumentText(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : ''
}
