import { AwsV4Signer } from 'aws4fetch'
import type { Clock } from '../core/clock.ts'
import { ProxyError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Sign } from '../core/signer.ts'
import type { SignedAuth } from '../core/target.ts'

/** Derived keys, one a day, region and service for each credential; the eldest goes first. */
const DERIVED_KEYS_MAX = 32

/**
 * Signs requests with AWS Signature Version 4. Signed are method, path, query, host, date, session token and the whole
 * body; headers that a proxy on the way may change are not.
 *
 * A key is `accessKeyId:secretAccessKey` with an optional `:sessionToken`.
 */
export function openAwsSigner(clock: Clock): Sign<Extract<SignedAuth, { type: 'aws-sigv4' }>> {
  const cache = new Map<string, ArrayBuffer>()
  return async ({ request, auth, key }) => {
    const { method, url, body } = request
    if (cache.size > DERIVED_KEYS_MAX) cache.clear()
    const signer = new AwsV4Signer({
      ...credentialsIn(key),
      method,
      url,
      cache,
      service: auth.service,
      region: auth.region,
      datetime: new Date(clock.wallMs()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
      // The library's type wants a buffer of its own under a view; its digest takes any.
      ...(body !== null && { body: body as string | Uint8Array<ArrayBuffer> }),
    })
    const { headers } = await signer.sign()
    return headers.toJSON()
  }
}

function credentialsIn(key: Secret) {
  const [accessKeyId = '', secretAccessKey = '', ...token] = key.reveal().split(':')
  if (accessKeyId === '' || secretAccessKey === '') {
    throw new ProxyError('upstream_auth', 'the AWS credential is not accessKeyId:secretAccessKey[:sessionToken]')
  }
  return { accessKeyId, secretAccessKey, ...(token.length > 0 && { sessionToken: token.join(':') }) }
}
