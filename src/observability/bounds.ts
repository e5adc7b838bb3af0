/** Bucket bounds in seconds, inclusive. 2 is one of them because LynkrHighLatency asks for it. */
export const FIRST_BYTE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64] as const

/** Whole requests: a long agent turn streams for minutes; 600 s is the default deadline. */
export const REQUEST_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 600] as const

/**
 * Bounds that the OpenTelemetry GenAI conventions recommend, and two more, for model calls often take longer than 82 s.
 */
export const GEN_AI_SECONDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68,
] as const

/** From 400 tokens per second down to one. */
export const OUTPUT_TOKEN_SECONDS = [0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1] as const

/** A container starts in 0.3 s; runs are cut at minutes. */
export const COMMAND_SECONDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256] as const
