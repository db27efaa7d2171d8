/** Names of files in parts: NAME-00001-of-00003.gguf and so on, as llama-gguf-split writes them. */

const NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

/** @param stem the name without -00001-of-00003.gguf. @param number from 1 on */
export function partName(stem: string, number: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, "0");
  return `${stem}-${digits(number)}-of-${digits(count)}.gguf`;
}

/** The parts of the name of a part; undefined for another name. */
export function readPartName(path: string) {
  const [, stem, number, count] = NAME.exec(path) ?? [];
  return stem === undefined ? undefined : { stem, number: Number(number), count: Number(count) };
}
