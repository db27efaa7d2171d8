/** Formats of strings as regular expressions. Each allows a part of what its RFC does, and nothing else. */
const DAY =
  "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))";
const DATE = `[0-9]{4}-${DAY}`;
const TIME =
  "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
const BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
/** At most 62 characters, and no two hyphens in a row, as punycode has them. */
const LABEL = "[A-Za-z0-9]{1,20}(?:-[A-Za-z0-9]{1,20}){0,2}";
const HOST = `${LABEL}(?:\\.${LABEL}){0,3}`;
const HEX = "[0-9A-Fa-f]{1,4}";
const SEGMENTS = "(?:/[A-Za-z0-9._~-]{1,64}){0,16}/?";
const URI = `[a-z][a-z0-9+-]{1,15}://${HOST}(?::[0-9]{1,4})?${SEGMENTS}(?:\\?[A-Za-z0-9._~=&-]{0,128})?(?:#[A-Za-z0-9._~-]{0,64})?`;

export const formats: ReadonlyMap<string, string> = new Map([
  ["date", DATE],
  ["time", TIME],
  ["date-time", `${DATE}T${TIME}`],
  ["duration", "P(?:[0-9]{1,9}W|[0-9]{1,9}D(?:T[0-9]{1,9}H)?|T[0-9]{1,9}[HMS]|[0-9]{1,9}Y(?:[0-9]{1,9}M)?)"],
  ["email", `[A-Za-z0-9_+-]{1,32}(?:\\.[A-Za-z0-9_+-]{1,16}){0,2}@${LABEL}(?:\\.${LABEL}){1,2}`],
  ["hostname", HOST],
  ["ipv4", `${BYTE}(?:\\.${BYTE}){3}`],
  ["ipv6", `${HEX}(?::${HEX}){7}`],
  ["uuid", "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"],
  ["uri", URI],
]);
