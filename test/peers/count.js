/** The numbers of a command line. */

/**
 * @param {string} name  of the option
 * @param {string} text  its value
 * @returns {number} a positive integer
 */
export function count(name, text) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`--${name} ${text}: expected 1, 2, 3 ...`);
  return value;
}
