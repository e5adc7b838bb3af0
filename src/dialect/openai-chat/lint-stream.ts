import { isJson, type Json, listOf, textOf, tryObject, tryObjectIn } from '../../core/json.ts'
import { type Ending, error, type Flaw, type StreamLinter, warning } from '../../core/stream-linter.ts'
import { frameText } from '../frame.ts'
import { isDone } from './sse.ts'

/** Lints a recorded Chat stream: chunks of one answer, calls that can be put together, a reason, and `[DONE]`. */
export function openLinter(): StreamLinter {
  const answers = new Map<number, AnswerCheck>()
  let ending: Ending = 'cut'
  let id: unknown
  let sawChunk = false

  function checkChunk(chunk: Json): Flaw[] {
    const flaws = sawChunk && chunk.id !== id ? [error('the id changes within the stream')] : []
    if (chunk.object !== 'chat.completion.chunk') flaws.push(error('object is not chat.completion.chunk'))
    if (typeof chunk.id !== 'string') flaws.push(error('the chunk has no id'))
    if (!Array.isArray(chunk.choices)) return [...flaws, error('the chunk has no list of choices')]
    // Azure tells what its filter thought of the prompt before the answer begins.
    const isPrelude = chunk.prompt_filter_results !== undefined && chunk.choices.length === 0
    if (isPrelude) return []
    sawChunk = true
    id = chunk.id
    if (chunk.choices.length === 0 && tryObject(chunk.usage) === null) {
      flaws.push(warning('a chunk without choices and without usage'))
    }
    for (const item of chunk.choices) flaws.push(...checkChoice(tryObject(item)))
    return flaws
  }

  function checkChoice(choice: Json | null): Flaw[] {
    if (choice === null) return [error('a choice is no object')]
    const { index } = choice
    if (typeof index !== 'number') return [error('a choice has no index')]
    const answer = answers.get(index) ?? openAnswerCheck(index)
    answers.set(index, answer)
    return answer.check(choice)
  }

  function checkDone(): Flaw[] {
    ending = 'finished'
    if (answers.size === 0) return [error('[DONE] before any answer')]
    return [...answers.values()].flatMap((answer) => answer.end())
  }

  return {
    push(frame) {
      if (ending !== 'cut') return [error('a record after the end of the stream')]
      if (isDone(frame)) return checkDone()
      const chunk = tryObjectIn(frameText(frame))
      if (chunk === null) return [error('the record is no JSON object')]
      const flaws =
        frame.event === '' || frame.event === 'message' ? [] : [warning('an event line, which Chat has not')]
      if (chunk.error === undefined || chunk.error === null) return [...flaws, ...checkChunk(chunk)]
      ending = 'error'
      return tryObject(chunk.error) === null ? [...flaws, error('error is no object')] : flaws
    },
    end: () => (ending === 'cut' ? [error('the stream ends without [DONE] or an error')] : []),
    ending: () => ending,
  }
}

interface AnswerCheck {
  check(choice: Json): Flaw[]
  end(): Flaw[]
}

/** One of the answers that a stream may carry side by side. */
function openAnswerCheck(index: number): AnswerCheck {
  const calls = new Map<number, { name: string; json: string; isFunction: boolean }>()
  let reason = ''
  let isFirst = true

  function checkCall(call: Json | null): Flaw[] {
    if (call === null || typeof call.index !== 'number') return [error('a tool call has no index')]
    const known = calls.get(call.index)
    const fn = tryObject(call.function)
    if (known !== undefined) {
      known.json += textOf(fn?.arguments)
      return []
    }
    const name = textOf(fn?.name) || textOf(tryObject(call.custom)?.name)
    const flaws = call.index === calls.size ? [] : [error(`tool call ${call.index} where ${calls.size} is due`)]
    if (textOf(call.id) === '') flaws.push(error(`tool call ${call.index} begins without an id`))
    if (name === '') flaws.push(error(`tool call ${call.index} begins without a name`))
    calls.set(call.index, { name, json: textOf(fn?.arguments), isFunction: fn !== null })
    return flaws
  }

  return {
    check({ delta: raw, finish_reason: finishReason }) {
      const delta = tryObject(raw)
      if (delta === null) return [error(`choice ${index} has no delta`)]
      const flaws: Flaw[] = []
      if (isFirst && delta.role !== 'assistant') flaws.push(warning(`choice ${index} begins without role assistant`))
      isFirst = false
      const saysSomething = textOf(delta.content) !== '' || listOf(delta.tool_calls).length > 0
      if (reason !== '' && saysSomething) flaws.push(error(`choice ${index} goes on after its finish_reason`))
      for (const call of listOf(delta.tool_calls)) flaws.push(...checkCall(tryObject(call)))
      if (textOf(finishReason) === '') return flaws
      if (reason !== '') flaws.push(error(`choice ${index} has a second finish_reason`))
      reason = textOf(finishReason)
      return flaws
    },
    end() {
      const flaws = reason === '' ? [error(`choice ${index} has no finish_reason`)] : []
      for (const [at, { json, isFunction }] of calls) {
        if (isFunction && json !== '' && !isJson(json))
          flaws.push(error(`the arguments of tool call ${at} are not JSON`))
      }
      return flaws
    },
  }
}
