import type { ResponseHead } from './response-head.ts'

/** What is heard of an answer while its bytes are read. */
export interface ResponseEvents {
  /** Before any piece. Answers that only say that another will come are left out. */
  onHead(head: ResponseHead): void
  /** A view of what was pushed. */
  onPiece(bytes: Uint8Array): void
}
