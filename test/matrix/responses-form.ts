type Json = Readonly<Record<string, unknown>>

/** A Chat body's members as a Responses body says the same: written by hand, not by the codecs under test. */
export function responsesForm(chat: Json): Json {
  const { messages, tools, tool_choice: choice, stop: _, reasoning_effort: effort, response_format: format } = chat
  // Models that reason take no temperature.
  const { parallel_tool_calls: parallel, user } = chat
  return {
    input: listOf(messages).flatMap(itemsOf),
    ...(tools !== undefined && { tools: listOf(tools).map(flatTool) }),
    ...(choice !== undefined && { tool_choice: typeof choice === 'string' ? choice : flatTool(choice) }),
    ...(parallel !== undefined && { parallel_tool_calls: parallel }),
    ...(effort !== undefined && { reasoning: { effort, summary: 'auto' } }),
    ...(format !== undefined && {
      text: { format: { type: 'json_schema', ...recordOf(recordOf(format).json_schema) } },
    }),
    ...(user !== undefined && { safety_identifier: user }),
  }
}

function flatTool(tool: unknown): Json {
  const inner = recordOf(recordOf(tool).function)
  return { type: 'function', ...inner, ...('parameters' in inner && { strict: false }) }
}

function itemsOf(value: unknown): Json[] {
  const { role, content, tool_calls: calls, tool_call_id: id } = recordOf(value)
  if (role === 'tool') return [{ type: 'function_call_output', call_id: id, output: content }]
  const said = content === null ? [] : [{ type: 'message', role, content: partsOf(role, content) }]
  return [...said, ...listOf(calls).map(callOf)]
}

function callOf(call: unknown): Json {
  const { id, function: inner } = recordOf(call)
  return { type: 'function_call', call_id: id, ...recordOf(inner) }
}

function partsOf(role: unknown, content: unknown): unknown {
  const text = role === 'assistant' ? 'output_text' : 'input_text'
  if (typeof content === 'string') return [{ type: text, text: content }]
  return listOf(content).map((part) => {
    const { type, text: words, image_url: image, file } = recordOf(part)
    if (type === 'image_url') return { type: 'input_image', image_url: recordOf(image).url, detail: 'auto' }
    return type === 'file' ? { type: 'input_file', ...recordOf(file) } : { type: text, text: words }
  })
}

function recordOf(value: unknown): Json {
  // Test data of our own, of which every member is read as unknown.
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
