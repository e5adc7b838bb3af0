import wabt from 'wabt'

/** `src/core/json-outline.wat`, compiled, as a module that needs no file at run time. */
export async function outlineModule(): Promise<string> {
  const { parseWat } = await wabt()
  const module = parseWat('json-outline.wat', await Bun.file('src/core/json-outline.wat').text(), {
    simd: true,
    bulk_memory: true,
  })
  module.validate()
  const text = module.toBinary({}).buffer.toBase64()
  module.destroy()
  return `// Made of json-outline.wat by \`bun run docs\`; do not edit.\n\n/** The compiled module, in base64. */\nexport const OUTLINE_MODULE =\n  '${text}'\n`
}
