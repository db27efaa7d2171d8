/** Activation functions and their slopes, in four lanes. Each has a class as its name at compile time. */
import { madd } from "../simd";
import { Transcendental } from "./transcendental";

export class GeluTanh {}
export class GeluErf {}
export class Silu {}
export class Relu {}
export class ReluSquared {}
export class Tanh {}
export class QuickGelu {}
export class Relu6 {}
export class Sigmoid {}

const GELU: usize = memory.data<f32>([
  1.5957691216, // 2 sqrt(2 / pi)
  0.0713548163, // the same times 0.044715
  0.7071067812, // 1 / sqrt(2)
  0.5,
]);

/** Factor of the sigmoid's operand in quick GELU. */
const STEEPNESS: f32 = 1.702;

/** A class, because only methods can be marked for inlining. */
export class Activations {
  /**
   * GELU, tanh form: 0.5 x (1 + tanh(z)) = x sigmoid(2 z), z = sqrt(2 / pi) (x + 0.044715 x^3). GELU, exact:
   * 0.5 x (1 + erf(x / sqrt(2))), quick: x sigmoid(1.702 x). SiLU: x sigmoid(x). ReLU: max(x, 0), its square,
   * and ReLU6: min(max(x, 0), 6).
   */
  @inline
  static value<F>(v: v128): v128 {
    if (Activations.isShared<F>()) return f32x4.mul(v, Activations.share<F>(v));
    if (idof<F>() == idof<GeluErf>()) {
      const half = f32x4.mul(v, v128.load_splat<f32>(GELU, 12));
      return madd(half, Transcendental.erf(f32x4.mul(v, v128.load_splat<f32>(GELU, 8))), half);
    }
    if (idof<F>() == idof<Tanh>()) return Transcendental.tanh(v);
    if (idof<F>() == idof<Sigmoid>()) return Transcendental.sigmoid(v);
    const positive = f32x4.max(v, f32x4.splat(0));
    if (idof<F>() == idof<Relu6>()) return f32x4.min(positive, f32x4.splat(6));
    return idof<F>() == idof<ReluSquared>() ? f32x4.mul(positive, positive) : positive;
  }

  /** Whether the value is x s, where s is a sigmoid. */
  @inline
  static isShared<F>(): bool {
    return idof<F>() == idof<GeluTanh>() || idof<F>() == idof<Silu>() || idof<F>() == idof<QuickGelu>();
  }

  /** The sigmoid s of GELU's tanh and quick forms and of SiLU. */
  @inline
  static share<F>(v: v128): v128 {
    if (idof<F>() == idof<Silu>()) return Transcendental.sigmoid(v);
    if (idof<F>() == idof<QuickGelu>()) {
      return Transcendental.sigmoid(f32x4.mul(v, f32x4.splat(STEEPNESS)));
    }
    const inner = madd(f32x4.mul(v, v), v128.load_splat<f32>(GELU, 4), v128.load_splat<f32>(GELU));
    return Transcendental.sigmoid(f32x4.mul(v, inner));
  }

  /** The slope of an activation whose s is known. */
  @inline
  static slopeOfShare<F>(v: v128, s: v128): v128 {
    const one = f32x4.splat(1);
    if (idof<F>() == idof<Silu>()) return f32x4.mul(s, madd(v, f32x4.sub(one, s), one));
    if (idof<F>() == idof<QuickGelu>()) {
      const steep = f32x4.mul(v, f32x4.splat(STEEPNESS));
      return f32x4.mul(s, madd(steep, f32x4.sub(one, s), one));
    }
    const cubic = f32x4.mul(v128.load_splat<f32>(GELU, 4), f32x4.splat(3));
    const inner = madd(f32x4.mul(v, v), cubic, v128.load_splat<f32>(GELU));
    return madd(f32x4.mul(f32x4.mul(v, s), f32x4.sub(one, s)), inner, s);
  }

  /**
   * GELU, tanh form: s + x s (1 - s) u', where s = sigmoid(u), u = 2 sqrt(2 / pi) (x + 0.044715 x^3). GELU,
   * exact: 0.5 (1 + erf(x / sqrt(2))) + x e^(-x^2 / 2) / sqrt(2 pi). SiLU: s (1 + x (1 - s)), where s =
   * sigmoid(x); quick GELU: s (1 + 1.702 x (1 - s)), where s = sigmoid(1.702 x). ReLU: 1 where x > 0, else 0,
   * also from 6 on in ReLU6; of its square 2 max(x, 0). Tanh: 1 - tanh(x)^2. Sigmoid: s (1 - s).
   */
  @inline
  static slope<F>(v: v128): v128 {
    const one = f32x4.splat(1);
    if (Activations.isShared<F>()) {
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
    if (idof<F>() == idof<Sigmoid>()) {
      const s = Transcendental.sigmoid(v);
      return f32x4.mul(s, f32x4.sub(one, s));
    }
    const zero = f32x4.splat(0);
    if (idof<F>() == idof<ReluSquared>()) return f32x4.mul(f32x4.splat(2), f32x4.max(v, zero));
    const rising = v128.and(one, f32x4.gt(v, zero));
    return idof<F>() == idof<Relu6>() ? v128.and(rising, f32x4.lt(v, f32x4.splat(6))) : rising;
  }
}
