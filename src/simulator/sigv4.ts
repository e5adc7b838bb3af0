import type { HttpRequest } from './http-parser.ts'

/** The account whose signatures the simulator can check. Nobody else has it. */
export const SIMULATED_AWS = {
  accessKeyId: 'AKIASIMULATED0000001',
  secretAccessKey: 'simulated/secret+key0000000000000000000001',
  sessionToken: 'simulated//session+token==',
} as const

const SKEW_MS = 5 * 60_000

/** A refusal of Signature Version 4, as the services word it. */
export interface SignatureRefusal {
  readonly status: 403
  readonly errorType: string
  readonly message: string
}

/** What a signature is over. */
type Signed = Pick<HttpRequest, 'method' | 'path' | 'query' | 'headers' | 'body'>

/**
 * Checks a signed request by the published algorithm, written here from its description, so that a bug of the signing
 * library could not cancel out.
 *
 * @returns `null` if the signature is the account's, over this very request
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function signatureRefusal(request: Signed, service: string, wallMs: number): SignatureRefusal | null {
  const { headers } = request
  const authorization = headers.get('authorization') ?? ''
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/.exec(
    authorization,
  )
  if (parts === null) return refusal('IncompleteSignatureException', 'Authorization header is malformed.')
  const [, credential = '', signedList = '', signature = ''] = parts
  const [id, date = '', region = '', named, ending] = credential.split('/')
  const signed = signedList.split(';')
  const amzDate = headers.get('x-amz-date') ?? ''
  if (id !== SIMULATED_AWS.accessKeyId) {
    return refusal('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  if (named !== service || ending !== 'aws4_request' || !amzDate.startsWith(date)) {
    return refusal('InvalidSignatureException', 'Credential should be scoped to a valid region and service.')
  }
  const token = headers.get('x-amz-security-token')
  const mustSign = ['host', 'x-amz-date', ...(token === null ? [] : ['x-amz-security-token'])]
  if (mustSign.some((name) => !signed.includes(name)) || signed.join() !== [...signed].sort().join()) {
    return refusal('InvalidSignatureException', 'Signed headers are incomplete or out of order.')
  }
  if (token !== null && token !== SIMULATED_AWS.sessionToken) {
    return refusal('ExpiredTokenException', 'The security token included in the request is expired')
  }
  if (Math.abs(instantOf(amzDate) - wallMs) > SKEW_MS) {
    return refusal('InvalidSignatureException', `Signature expired: ${amzDate} is too far from now.`)
  }
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonicalRequest(request, signed))].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${SIMULATED_AWS.secretAccessKey}`,
  )
  if (hmac(key, text).toString('hex') === signature) return null
  return refusal(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  )
}

function canonicalRequest({ method, path, query, headers, body }: Signed, signed: readonly string[]): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return [
    method,
    // Each segment as it was sent, encoded once more.
    path.split('/').map(encode).join('/'),
    pairs.sort().join('&'),
    ...signed.map((name) => `${name}:${(headers.get(name) ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    signed.join(';'),
    sha256(body),
  ].join('\n')
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(data: string | Uint8Array): string {
  return Bun.SHA256.hash(data, 'hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return new Bun.CryptoHasher('sha256', key).update(text).digest()
}

/** `20261129T120000Z` in ms. */
function instantOf(amzDate: string): number {
  return Date.parse(amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function refusal(errorType: string, message: string): SignatureRefusal {
  return { status: 403, errorType, message }
}
