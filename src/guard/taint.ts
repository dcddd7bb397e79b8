// Where data in a pipeline came from, as bits that flow from stage to stage.

/** A set of the bits below. */
export type Taint = number;

export const NONE: Taint = 0;
/** Came over the network. */
export const FETCHED: Taint = 1;
/** Was decoded, so that nobody can have read it. */
export const DECODED: Taint = 2;
/** Holds keys, passwords or the environment. */
export const SECRET: Taint = 4;
/** Is what a shell answers. */
export const ANSWERED: Taint = 8;
/** Comes from a connection that somebody else writes into. */
export const CONNECTED: Taint = 16;
