/** A header that names the fields of a request that had no effect. */

/** Only names that a header can hold. */
export const ignoredHeader = (names: readonly string[]): Readonly<Record<string, string>> => {
  const known = names.filter((name) => /^[\w.-]{1,64}$/.test(name)).slice(0, 20);
  return known.length > 0 ? { "x-ignored-fields": known.join(", ") } : {};
};
