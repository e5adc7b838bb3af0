/**
 * Wire text of one server-sent event. Data that holds line ends becomes several `data` lines, so that nothing
 * inside it can end the record; the reader joins them with LF.
 *
 * @param event name without line ends; `''` for none
 */
export function sseText(event: string, data: string): string {
  const head = event === '' ? 'data: ' : `event: ${event}\ndata: `
  if (!/[\r\n]/.test(data)) return `${head}${data}\n\n`
  return `${head}${data.replace(/\r\n|\r|\n/g, '\ndata: ')}\n\n`
}
