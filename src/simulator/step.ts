/**
 * An answer as what happens on the connection, in order. A list that ends without `reset` or `close` completes the
 * answer as its head promised, and the connection lives on.
 */
export type Step =
  | {
      readonly type: 'head'
      readonly status: number
      readonly headers: readonly Header[]
      /** Bytes of the body if known, else it is sent in chunks. */
      readonly length: number | null
    }
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** Bytes outside HTTP's framing. */
  | { readonly type: 'raw'; readonly bytes: Uint8Array }
  /** Sends what there is and waits; 0 lets the client see it apart from what follows. */
  | { readonly type: 'pause'; readonly ms: number }
  /** Sends what there is and waits until it will have been read by itself, on a busy machine too. */
  | { readonly type: 'let_read' }
  /** Says nothing more until the client goes. */
  | { readonly type: 'hang' }
  /** TCP RST. */
  | { readonly type: 'reset' }
  /** TCP FIN, whatever was promised. */
  | { readonly type: 'close' }

export type Header = readonly [name: string, value: string]
