/** Activation functions and their slopes, in four lanes. Each has a class as its name at compile time. */
import { madd } from "../simd";
import { Transcendental } from "./transcendental";

export class GeluTanh {}
export class GeluErf {}
export class Silu {}
export class Relu {}
export class ReluSquared {}
export class Tanh {}

const GELU: usize = memory.data<f32>([
  1.5957691216, // 2 sqrt(2 / pi)
  0.0713548163, // the same times 0.044715
  0.7071067812, // 1 / sqrt(2)
  0.5,
]);

/** A class, because only methods can be marked for inlining. */
export class Activations {
  /**
   * GELU, tanh form: 0.5 x (1 + tanh(z)) = x sigmoid(2 z), z = sqrt(2 / pi) (x + 0.044715 x^3). GELU, exact:
   * 0.5 x (1 + erf(x / sqrt(2))). SiLU: x sigmoid(x). ReLU: max(x, 0), and its square.
   */
  @inline
  static value<F>(v: v128): v128 {
    if (idof<F>() == idof<GeluTanh>() || idof<F>() == idof<Silu>()) {
      return f32x4.mul(v, Activations.share<F>(v));
    }
    if (idof<F>() == idof<GeluErf>()) {
      const half = f32x4.mul(v, v128.load_splat<f32>(GELU, 12));
      return madd(half, Transcendental.erf(f32x4.mul(v, v128.load_splat<f32>(GELU, 8))), half);
    }
    if (idof<F>() == idof<Tanh>()) return Transcendental.tanh(v);
    const positive = f32x4.max(v, f32x4.splat(0));
    return idof<F>() == idof<ReluSquared>() ? f32x4.mul(positive, positive) : positive;
  }

  /** The sigmoid s of GELU's tanh form and of SiLU: their value is x s. */
  @inline
  static share<F>(v: v128): v128 {
    if (idof<F>() == idof<Silu>()) return Transcendental.sigmoid(v);
    const inner = madd(f32x4.mul(v, v), v128.load_splat<f32>(GELU, 4), v128.load_splat<f32>(GELU));
    return Transcendental.sigmoid(f32x4.mul(v, inner));
  }

  /** The slope of GELU's tanh form and of SiLU, whose s is known. */
  @inline
  static slopeOfShare<F>(v: v128, s: v128): v128 {
    const one = f32x4.splat(1);
    if (idof<F>() == idof<Silu>()) return f32x4.mul(s, madd(v, f32x4.sub(one, s), one));
    const cubic = f32x4.mul(v128.load_splat<f32>(GELU, 4), f32x4.splat(3));
    const inner = madd(f32x4.mul(v, v), cubic, v128.load_splat<f32>(GELU));
    return madd(f32x4.mul(f32x4.mul(v, s), f32x4.sub(one, s)), inner, s);
  }

  /**
   * GELU, tanh form: s + x s (1 - s) u', where s = sigmoid(u), u = 2 sqrt(2 / pi) (x + 0.044715 x^3). GELU,
   * exact: 0.5 (1 + erf(x / sqrt(2))) + x e^(-x^2 / 2) / sqrt(2 pi). SiLU: s (1 + x (1 - s)), where s =
   * sigmoid(x). ReLU: 1 where x > 0, else 0; of its square 2 max(x, 0). Tanh: 1 - tanh(x)^2.
   */
  @inline
  static slope<F>(v: v128): v128 {
    const one = f32x4.splat(1);
    if (idof<F>() == idof<GeluTanh>() || idof<F>() == idof<Silu>()) {
      return Activations.slopeOfShare<F>(v, Activations.share<F>(v));
    }
    if (idof<F>() == idof<GeluErf>()) {
      const half = v128.load_splat<f32>(GELU, 12);
      const share = madd(Transcendental.erf(f32x4.mul(v, v128.load_splat<f32>(GELU, 8))), half, half);
      const density = Transcendental.exp(f32x4.neg(f32x4.mul(f32x4.mul(v, v), half)));
      return madd(f32x4.mul(v, density), f32x4.splat(<f32>0.3989422804), share);
    }
    if (idof<F>() == idof<Tanh>()) {
      const t = Transcendental.tanh(v);
      return f32x4.sub(one, f32x4.mul(t, t));
    }
    const zero = f32x4.splat(0);
    if (idof<F>() == idof<ReluSquared>()) return f32x4.mul(f32x4.splat(2), f32x4.max(v, zero));
    return v128.and(one, f32x4.gt(v, zero));
  }
}
