/**
 * What a client is told of a stream that ended before its answer did. Clients that ask again by the words of an error
 * (pi does) know such an end by "ended without".
 */
export const CUT_SHORT = "the upstream's stream ended without the rest of the answer"
