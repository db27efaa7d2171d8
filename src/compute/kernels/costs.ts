/**
 * Costs of an element, in multiply-adds of the matrix product. They decide whether a job is shared among
 * threads. Copies and sums count for less than their time, because sharing them moves data between the caches
 * of two cores.
 */
export const COPY = 2;
export const NORM = 4;
export const TRANSCENDENTAL = 48;
