/** Distances of a student's distribution s from a teacher's t, by their logits, with the derivative by the student's. */
import { exp, log } from "../../../generate/sampling/exp.ts";

/** Gives the derivative by each of the student's logits. Returns the distance. */
export type Divergence = (
  student: Float32Array,
  teacher: Float32Array,
  temperature: number,
  add: (id: number, derivative: number) => void,
) => number;

/** log softmax(x / T) */
export function logDistribution(logits: Float32Array, temperature: number): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > largest) largest = logit;
  const result = Float64Array.from(logits, (logit) => (logit - largest) / temperature);
  let sum = 0;
  for (const value of result) sum += exp(value);
  const total = log(sum);
  return result.map((value) => value - total);
}

/**
 * A divergence that is a sum over ids.
 *
 * @param term of an id, and its derivative by the student's probability
 */
const ofProbabilities =
  (
    term: (s: number, t: number, logS: number, logT: number) => readonly [value: number, derivative: number],
  ): Divergence =>
  (student, teacher, temperature, add) => {
    const [logS, logT] = [logDistribution(student, temperature), logDistribution(teacher, temperature)];
    const slopes = new Float64Array(student.length);
    let [distance, mean] = [0, 0];
    for (const [id, own] of logS.entries()) {
      const other = logT[id] as number;
      const s = exp(own);
      const [value, slope] = term(s, exp(other), own, other);
      distance += value;
      slopes[id] = slope;
      mean += s * slope;
    }
    for (const [id, slope] of slopes.entries())
      add(id, (exp(logS[id] as number) * (slope - mean)) / temperature);
    return distance;
  };

/** KL(t || s) has the derivative s - t, which needs no quotient. */
const forward: Divergence = (student, teacher, temperature, add) => {
  const [logS, logT] = [logDistribution(student, temperature), logDistribution(teacher, temperature)];
  let distance = 0;
  for (const [id, own] of logS.entries()) {
    const other = logT[id] as number;
    const t = exp(other);
    if (t > 0) distance += t * (other - own);
    add(id, (exp(own) - t) / temperature);
  }
  return distance;
};

export const DIVERGENCES = {
  /** KL(t || s), times the square of the temperature (Hinton et al. 2015). */
  kl: (student, teacher, temperature, add) => {
    const square = temperature ** 2;
    return square * forward(student, teacher, temperature, (id, slope) => add(id, square * slope));
  },
  /** KL(s || t) (MiniLLM, Gu et al. 2023). */
  reverse_kl: ofProbabilities((s, _, logS, logT) => [s * (logS - logT), logS - logT]),
  /** Half KL(t || m) and half KL(s || m) with the mean m of both (Agarwal et al. 2023). */
  jsd: ofProbabilities((s, t, logS, logT) => {
    const m = (s + t) / 2;
    const logM = Math.log(m);
    const ofTeacher = t > 0 ? t * (logT - logM) : 0;
    const ofStudent = s > 0 ? s * (logS - logM) : 0;
    return [(ofTeacher + ofStudent) / 2, s > 0 ? (logS - logM) / 2 : 0];
  }),
  /** Mean squared difference of the logits. */
  mse: (student, teacher, _temperature, add) => {
    let sum = 0;
    for (const [id, own] of student.entries()) {
      const difference = own - (teacher[id] as number);
      sum += difference ** 2;
      add(id, (2 * difference) / student.length);
    }
    return sum / student.length;
  },
} as const satisfies Readonly<Record<string, Divergence>>;

export type DivergenceName = keyof typeof DIVERGENCES;
