/**
 * Tables with commas (RFC 4180) or tabs. Cells in quotes may hold delimiters, line breaks and doubled quotes.
 */

export interface TableRow {
  readonly cells: readonly string[];
  /** Number of its first line, from 1. */
  readonly line: number;
}

/** Tables with tabs know no quotes, as GLUE's have it. Blank lines are left out. */
export function parseTable(text: string, delimiter: "," | "\t"): TableRow[] {
  if (delimiter === "\t") {
    return text
      .split(/\r?\n/)
      .flatMap((line, i) => (line === "" ? [] : [{ cells: line.split("\t"), line: i + 1 }]));
  }
  const rows: TableRow[] = [];
  let cells: string[] = [];
  let [place, line, first] = [0, 1, 1];
  while (place < text.length) {
    const cell = text[place] === '"' ? quoted(text, place) : plain(text, place);
    cells.push(cell.value);
    line += cell.value.split("\n").length - 1;
    place = cell.end;
    const next = text[place];
    if (next === ",") {
      place++;
      if (place < text.length) continue;
      cells.push("");
    }
    if (text[place] === "\r") place++;
    if (text[place] === "\n") place++;
    if (cells.length > 1 || cells[0] !== "") rows.push({ cells, line: first });
    cells = [];
    first = ++line;
  }
  return rows;
}

interface Cell {
  readonly value: string;
  readonly end: number;
}

function plain(text: string, begin: number): Cell {
  let end = begin;
  while (end < text.length && !",\n\r".includes(text[end] as string)) end++;
  return { value: text.slice(begin, end), end };
}

function quoted(text: string, begin: number): Cell {
  let end = text.indexOf('"', begin + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  if (end < 0) end = text.length;
  const rest = plain(text, Math.min(end + 1, text.length));
  return { value: text.slice(begin + 1, end).replaceAll('""', '"') + rest.value, end: rest.end };
}
