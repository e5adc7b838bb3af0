type Json = Readonly<Record<string, unknown>>

/** A request in both dialects, saying the same. */
export interface RequestCase {
  readonly name: string
  readonly messages: Json
  readonly chat: Json
  /** Texts that must reach the upstream, whatever it speaks. */
  readonly arrives: readonly string[]
  /** What a Messages request loses at a Chat server, beyond what every case may lose. */
  readonly lostAtChat?: readonly string[]
}

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PDF = 'JVBERi0xLjQKJcOkw7zDtsOf'
const LONG = `Rule 7: never guess. ${'All work and no play. '.repeat(5_000)}End of rules.`
const LONG_NAME = `mcp__a-server-with-a-name__${'a_tool_with_a_very_long_name_'.repeat(3)}end`.slice(0, 100)
const SCHEMA = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }

const messageTool = (name: string) => ({ name, description: `does ${name}`, input_schema: SCHEMA })
const chatTool = (name: string) => ({
  type: 'function',
  function: { name, description: `does ${name}`, parameters: SCHEMA },
})
const use = (id: string, path: string) => ({ type: 'tool_use', id, name: 'read', input: { path } })
const call = (id: string, path: string) => ({
  id,
  type: 'function',
  function: { name: 'read', arguments: JSON.stringify({ path }) },
})
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }
const imagePart = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }
const user = (content: unknown) => ({ role: 'user', content })

/** Text, pictures, documents, prompts long and late, tools in every form. */
export const REQUEST_CASES: readonly RequestCase[] = [
  {
    name: 'a text',
    messages: { messages: [user('What is in file seven?')] },
    chat: { messages: [user('What is in file seven?')] },
    arrives: ['What is in file seven?'],
  },
  {
    name: 'text in every script',
    messages: { messages: [user('Grüße, 世界 🌍 \u0000 "quoted" \\ \u2028')] },
    chat: { messages: [user('Grüße, 世界 🌍 \u0000 "quoted" \\ \u2028')] },
    arrives: ['Grüße, 世界 🌍 \u0000 "quoted" \\ \u2028'],
  },
  {
    name: 'a long initial prompt',
    messages: { system: LONG, messages: [user('go')] },
    chat: { messages: [{ role: 'system', content: LONG }, user('go')] },
    arrives: [LONG, 'go'],
  },
  {
    name: 'cached blocks',
    messages: {
      system: [
        { type: 'text', text: 'First part.' },
        { type: 'text', text: 'Second part.', cache_control: { type: 'ephemeral', ttl: '1h' } },
      ],
      messages: [user([{ type: 'text', text: 'cached words', cache_control: { type: 'ephemeral' } }])],
    },
    chat: { messages: [{ role: 'developer', content: 'First part.\n\nSecond part.' }, user('cached words')] },
    arrives: ['First part.', 'Second part.', 'cached words'],
    lostAtChat: ['cache_control'],
  },
  {
    name: 'a system turn inside the conversation',
    messages: {
      messages: [
        user('first'),
        { role: 'assistant', content: 'said' },
        user('second'),
        { role: 'system', content: 'Be brief now.' },
      ],
    },
    chat: {
      messages: [
        user('first'),
        { role: 'assistant', content: 'said' },
        user('second'),
        { role: 'system', content: 'Be brief now.' },
      ],
    },
    arrives: ['first', 'said', 'second', 'Be brief now.'],
  },
  {
    name: 'a picture, inline and by address',
    messages: {
      messages: [
        user([
          image,
          { type: 'image', source: { type: 'url', url: 'https://example.com/p.png' } },
          { type: 'text', text: 'compare' },
        ]),
      ],
    },
    chat: {
      messages: [
        user([
          imagePart,
          { type: 'image_url', image_url: { url: 'https://example.com/p.png' } },
          { type: 'text', text: 'compare' },
        ]),
      ],
    },
    arrives: [PNG, 'https://example.com/p.png', 'compare'],
  },
  {
    name: 'a document of text',
    messages: {
      messages: [
        user([
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'The plain document.' } },
          { type: 'text', text: 'sum up' },
        ]),
      ],
    },
    chat: {
      messages: [
        user([
          { type: 'text', text: 'The plain document.' },
          { type: 'text', text: 'sum up' },
        ]),
      ],
    },
    arrives: ['The plain document.', 'sum up'],
  },
  {
    name: 'a PDF',
    messages: {
      messages: [
        user([
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
          { type: 'text', text: 'sum up' },
        ]),
      ],
    },
    chat: {
      messages: [
        user([
          { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
          { type: 'text', text: 'sum up' },
        ]),
      ],
    },
    arrives: ['sum up'],
    lostAtChat: ['document'],
  },
  {
    name: 'results of parallel calls, one an error, one with a picture',
    messages: {
      tools: [messageTool('read')],
      messages: [
        user('read both'),
        { role: 'assistant', content: [{ type: 'text', text: 'Reading.' }, use('call_a', '/a'), use('call_b', '/b')] },
        user([
          { type: 'tool_result', tool_use_id: 'call_a', content: [{ type: 'text', text: 'look here' }, image] },
          { type: 'tool_result', tool_use_id: 'call_b', content: 'no such file', is_error: true },
          { type: 'text', text: 'and now?' },
        ]),
      ],
    },
    chat: {
      tools: [chatTool('read')],
      messages: [
        user('read both'),
        { role: 'assistant', content: 'Reading.', tool_calls: [call('call_a', '/a'), call('call_b', '/b')] },
        { role: 'tool', tool_call_id: 'call_a', content: 'look here' },
        { role: 'tool', tool_call_id: 'call_b', content: 'Error: no such file' },
        user([imagePart, { type: 'text', text: 'and now?' }]),
      ],
    },
    arrives: ['Reading.', 'call_a', 'call_b', '/a', '/b', 'look here', PNG, 'no such file', 'and now?'],
  },
  {
    name: 'an empty result',
    messages: {
      tools: [messageTool('read')],
      messages: [
        user('x'),
        { role: 'assistant', content: [use('call_a', '/a')] },
        user([{ type: 'tool_result', tool_use_id: 'call_a' }]),
      ],
    },
    chat: {
      tools: [chatTool('read')],
      messages: [
        user('x'),
        { role: 'assistant', content: null, tool_calls: [call('call_a', '/a')] },
        { role: 'tool', tool_call_id: 'call_a', content: '' },
      ],
    },
    arrives: ['call_a', '/a'],
  },
  ...toolChoices(),
  {
    name: 'a tool with a name longer than Chat takes',
    messages: { tools: [messageTool(LONG_NAME)], messages: [user('use it')] },
    chat: { tools: [chatTool(LONG_NAME.slice(0, 64))], messages: [user('use it')] },
    arrives: [LONG_NAME.slice(0, 30)],
  },
  {
    name: 'stop sequences, more than Chat takes',
    messages: { stop_sequences: ['s1', 's2', 's3', 's4', 's5'], messages: [user('count')] },
    chat: { stop: ['s1', 's2', 's3', 's4'], messages: [user('count')] },
    arrives: ['s1', 's2', 's3', 's4'],
    lostAtChat: ['stop_sequences'],
  },
  {
    name: 'one stop sequence',
    messages: { stop_sequences: ['END-HERE'], messages: [user('count')] },
    chat: { stop: 'END-HERE', messages: [user('count')] },
    arrives: ['END-HERE'],
  },
  {
    name: 'earlier thinking, signed',
    messages: {
      messages: [
        user('think'),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
            { type: 'text', text: 'thought' },
          ],
        },
        user('more'),
      ],
    },
    chat: { messages: [user('think'), { role: 'assistant', content: 'thought' }, user('more')] },
    arrives: ['thought', 'more'],
  },
  {
    name: 'an effort',
    messages: { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, messages: [user('try hard')] },
    chat: { reasoning_effort: 'high', messages: [user('try hard')] },
    arrives: ['try hard'],
  },
  {
    name: 'an answer by schema',
    messages: {
      output_config: { format: { type: 'json_schema', schema: { ...SCHEMA, additionalProperties: false } } },
      messages: [user('as JSON')],
    },
    chat: {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'out', schema: { ...SCHEMA, additionalProperties: false }, strict: true },
      },
      messages: [user('as JSON')],
    },
    arrives: ['as JSON', 'additionalProperties'],
  },
  {
    name: 'a user and sampling',
    messages: { metadata: { user_id: 'someone' }, temperature: 0.5, messages: [user('hello')] },
    chat: { user: 'someone', temperature: 0.5, messages: [user('hello')] },
    arrives: ['hello'],
  },
]

function toolChoices(): RequestCase[] {
  const forms: readonly [name: string, messages: unknown, chat: unknown][] = [
    ['auto', { type: 'auto' }, 'auto'],
    ['any', { type: 'any' }, 'required'],
    ['none', { type: 'none' }, 'none'],
    ['one tool', { type: 'tool', name: 'write' }, { type: 'function', function: { name: 'write' } }],
  ]
  const choices = forms.map(([name, messages, chat]) => ({
    name: `tool_choice ${name}`,
    messages: { tool_choice: messages, tools: [messageTool('read'), messageTool('write')], messages: [user('do it')] },
    chat: { tool_choice: chat, tools: [chatTool('read'), chatTool('write')], messages: [user('do it')] },
    arrives: ['does read', 'does write'],
  }))
  const single: RequestCase = {
    name: 'one call at a time',
    messages: {
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      tools: [messageTool('read')],
      messages: [user('do it')],
    },
    chat: { parallel_tool_calls: false, tools: [chatTool('read')], messages: [user('do it')] },
    arrives: ['does read'],
  }
  return [...choices, single]
}
