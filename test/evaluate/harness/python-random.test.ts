import { expect, it } from "vitest";
import { PythonRandom } from "../../../src/evaluate/harness/python-random.ts";

const take = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);

it("draws what Python's random draws", () => {
  const words = new PythonRandom(1234);
  expect(take(4, () => words.next())).toEqual([4150886329, 3342196574, 1892932127, 501869158]);
  const large = new PythonRandom(1234);
  expect(large.sample(1000, 6)).toEqual([989, 796, 451, 119, 7, 92]);
  expect(large.sample(1000, 6)).toEqual([932, 965, 961, 826, 596, 35]);
  const small = new PythonRandom(1234);
  expect(small.sample(20, 5)).toEqual([14, 3, 0, 2, 1]);
  expect(small.sample(285, 6)).toEqual([42, 50, 181, 121, 8, 15]);
  const choices = new PythonRandom(0);
  expect(take(8, () => Math.floor(choices.random() * 10))).toEqual([8, 7, 4, 2, 5, 4, 7, 3]);
});
