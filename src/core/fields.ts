/** The fields of an answer's head, as far as anybody reads them: `Headers`, or less. Names are asked for in lower case. */
export type Fields = Pick<Headers, 'get' | 'has'> & { toJSON(): Readonly<Record<string, unknown>> }
