/** What is compared. A further discipline is a folder and a line here. */
import { embedding } from "./embedding/discipline.js";
import { inference } from "./inference/discipline.js";
import { native } from "./native/discipline.js";
import { tokenization } from "./tokenization/discipline.js";
import { training } from "./training/discipline.js";
import { translation } from "./translation/discipline.js";

/**
 * @typedef {object} DisciplineRecord  the last time that a discipline was run
 * @property {string} date
 * @property {string} machine
 * @property {number} load  how many processes wanted a core in the minute before
 * @property {import("./inference/workload.js").Workload} workload
 * @property {import("./rounds.js").Outcome[]} outcomes
 *
 * @typedef {object} Discipline
 * @property {string} title
 * @property {() => void} [prepare]  writes weights of its own
 * @property {(nodes: readonly import("./rounds.js").Node[], workload: import("./inference/workload.js").Workload) =>
 *   import("./rounds.js").Trial[]} trials
 * @property {(record: DisciplineRecord) => string[]} section  paragraphs of Markdown
 */

/** @satisfies {Record<string, Discipline>} */
export const disciplines = { inference, native, tokenization, training, embedding, translation };

/** @typedef {keyof typeof disciplines} DisciplineName */
/** @typedef {Partial<Record<DisciplineName, DisciplineRecord>>} Results */

export const disciplineNames = /** @type {DisciplineName[]} */ (Object.keys(disciplines));
