/** Styles, embedded as text. */
declare module '*.css' {
  const text: string

  // biome-ignore lint/style/noDefaultExport: the loader exports a file's text in this form and in no other
  export { text as default }
}
