/** How many generations run at a time. */

/** The default, if memory holds as many contexts. */
export const PARALLEL = 8;
