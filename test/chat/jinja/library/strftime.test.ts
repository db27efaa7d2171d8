import { describe, expect, it } from "vitest";
import { strftime } from "../../../../src/chat/jinja/library/strftime.ts";

/** All codes of Python's strftime, in the C locale. */
const CODES =
  "%A %B %D %F %H %I %M %R %S %T %U %W %X %Y %a %b %c %d %e %f %h %j %k %l %m %p %u %w %x %y %% %-d %-H %Z%z";

describe("strftime", () => {
  it.each([
    [
      new Date(2024, 2, 5, 7, 8, 9, 45),
      "Tuesday March 03/05/24 2024-03-05 07 07 08 07:08 09 07:08:09 09 10 07:08:09 2024 Tue Mar Tue Mar  5 07:08:09 2024 05  5 045000 Mar 065  7  7 03 AM 2 2 03/05/24 24 % 5 7 ",
    ],
    [
      new Date(2023, 11, 31, 15, 0, 0),
      "Sunday December 12/31/23 2023-12-31 15 03 00 15:00 00 15:00:00 53 52 15:00:00 2023 Sun Dec Sun Dec 31 15:00:00 2023 31 31 000000 Dec 365 15  3 12 PM 7 0 12/31/23 23 % 31 15 ",
    ],
  ])("writes %s as Python does", (date, text) => {
    expect(strftime(date, CODES)).toBe(text);
  });

  it("writes seconds since 1970, line feeds and tabs, and leaves codes that it does not know", () => {
    const date = new Date(1_700_000_000_000);
    expect(strftime(date, "%s%n%t%Q%")).toBe("1700000000\n\t%Q%");
  });
});
