import { writeFileSync } from "node:fs";

/** Arguments of `gpt train` for a model that writes about cats and dogs. Its texts are written to a file. */
export function catModel(texts: string, directory: string, layers: number): readonly string[] {
  writeFileSync(texts, "the cat saw a dog and the dog saw the cat. a cat is a cat.\n".repeat(40));
  return [
    ...["train", texts, "-o", directory, "--layers", String(layers), "--heads", "2", "--width", "32"],
    ...["--context", "48", "--vocab-size", "300", "--steps", "5", "--sample-every", "0", "-q"],
  ];
}
