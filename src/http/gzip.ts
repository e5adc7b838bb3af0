/**
 * True if a client asks for gzip: named, or by `*`, with a weight above 0.
 *
 * @see RFC 9110 §12.5.3
 */
export function acceptsGzip(acceptEncoding: string | null): boolean {
  if (acceptEncoding === null) return false
  const weights = new Map(
    acceptEncoding.split(',').map((item) => {
      const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      return [coding, weight === undefined ? 1 : Number(weight.slice(2))] as const
    }),
  )
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0
}

/** A text as an answer, compressed for those who ask. Level 1: a scrape is small, and CPU is what requests need. */
export function textAnswer(text: string, contentType: string, request: Request): Response {
  const headers = { 'content-type': contentType, vary: 'accept, accept-encoding' }
  if (!acceptsGzip(request.headers.get('accept-encoding'))) return new Response(text, { headers })
  return new Response(Bun.gzipSync(text, { level: 1 }), { headers: { ...headers, 'content-encoding': 'gzip' } })
}
