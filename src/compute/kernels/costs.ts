/**
 * What an element costs, in multiply-adds of the matrix product, to judge whether threads pay. Copies and sums count for less
 * than their time: the data would have to move between the caches of two cores.
 */
export const COPY = 2;
export const NORM = 4;
export const TRANSCENDENTAL = 48;
