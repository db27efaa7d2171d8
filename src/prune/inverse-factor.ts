/** What SparseGPT knows of the inputs of a matrix: the Cholesky factor of the inverse of their Hessian. */

/** Share of the mean of the diagonal that is added to it. */
const DAMPING = 0.01;

/**
 * The upper Cholesky factor U of the inverse of H = 2/n X^T X + damping: H^-1 = U^T U. The diagonal of an
 * input that is always zero becomes 1.
 *
 * @param gram X^T X, [inputs, inputs], which is overwritten
 * @param sequences n
 */
export function inverseFactor(gram: Float64Array, inputs: number, sequences: number): Float64Array {
  const at = (i: number) => i * inputs + i;
  for (let i = 0; i < gram.length; i++) gram[i] = (2 / sequences) * (gram[i] as number);
  let trace = 0;
  for (let i = 0; i < inputs; i++) {
    if (gram[at(i)] === 0) gram[at(i)] = 1;
    trace += gram[at(i)] as number;
  }
  for (let i = 0; i < inputs; i++) gram[at(i)] = (gram[at(i)] as number) + (DAMPING * trace) / inputs;
  return upperFactorOfInverse(gram, inputs);
}

/**
 * The rows and columns in reverse order turn the upper factor of the inverse into the inverse of a lower
 * factor: with J the reversal, J H J = L L^T gives H^-1 = U^T U for U = J L^-1 J.
 */
function upperFactorOfInverse(h: Float64Array, n: number): Float64Array {
  const lower = choleskyReversed(h, n);
  const inverse = inverseOfLower(lower, n);
  return inverse.reverse();
}

/** L of J H J = L L^T, by rows. */
function choleskyReversed(h: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = h[(n - 1 - i) * n + (n - 1 - j)] as number;
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] as number) * (lower[j * n + k] as number);
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / (lower[j * n + j] as number);
    }
  }
  return lower;
}

/** L^-1, which is lower, row by row: row i = (e_i - the rows before it, by L_ik) / L_ii. */
function inverseOfLower(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, (i + 1) * n);
    row[i] = 1;
    for (let k = 0; k < i; k++) {
      const factor = lower[i * n + k] as number;
      if (factor === 0) continue;
      const other = inverse.subarray(k * n, k * n + k + 1);
      for (let j = 0; j <= k; j++) row[j] = (row[j] as number) - factor * (other[j] as number);
    }
    const diagonal = lower[i * n + i] as number;
    for (let j = 0; j <= i; j++) row[j] = (row[j] as number) / diagonal;
  }
  return inverse;
}
