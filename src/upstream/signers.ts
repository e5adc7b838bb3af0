import type { Signers } from '../core/signer.ts'
import { openAwsSigner } from './aws-signer.ts'
import { openGoogleSigner } from './google-signer.ts'
import type { TokenPorts } from './google-token.ts'

/** Opens what signs requests; nothing is asked of anybody before the first one. */
export function openSigners(ports: TokenPorts): Signers {
  return { 'aws-sigv4': openAwsSigner(ports.clock), google: openGoogleSigner(ports) }
}
