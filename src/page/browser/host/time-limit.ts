/** Regular expressions, for a page: nothing can stop one. The text is the reader's own. */
import type { WithinTime } from "../../../host/host.ts";

export const withinTime: WithinTime = (_milliseconds, _refusal, work) => work();
