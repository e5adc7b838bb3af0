/** String headers of a message, by name. */
type AwsHeaders = Readonly<Record<string, string>>

const STRING_TYPE = 7
const encoder = new TextEncoder()

/** One message of an AWS event stream, both checksums in place. */
export function awsMessage(headers: AwsHeaders, payload: unknown): Uint8Array {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)))
  const body = encoder.encode(JSON.stringify(payload))
  const message = Buffer.alloc(12 + head.length + body.length + 4)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(head.length, 4)
  message.writeUInt32BE(Bun.hash.crc32(message.subarray(0, 8)), 8)
  message.set(head, 12)
  message.set(body, 12 + head.length)
  message.writeUInt32BE(Bun.hash.crc32(message.subarray(0, -4)), message.length - 4)
  return message
}

/** An event as Bedrock writes it. */
export function awsEvent(type: string, payload: unknown): Uint8Array {
  const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }
  return awsMessage(headers, payload)
}

/** The exception with which Bedrock breaks off a stream. */
export function awsException(type: string, message: string): Uint8Array {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }
  return awsMessage(headers, { message })
}

function header(name: string, value: string): Uint8Array {
  const nameBytes = encoder.encode(name)
  const valueBytes = encoder.encode(value)
  const bytes = Buffer.alloc(1 + nameBytes.length + 3 + valueBytes.length)
  bytes.writeUInt8(nameBytes.length, 0)
  bytes.set(nameBytes, 1)
  bytes.writeUInt8(STRING_TYPE, 1 + nameBytes.length)
  bytes.writeUInt16BE(valueBytes.length, 2 + nameBytes.length)
  bytes.set(valueBytes, 4 + nameBytes.length)
  return bytes
}
