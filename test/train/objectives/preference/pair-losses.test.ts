import { describe, expect, it } from "vitest";
import {
  PAIR_LOSS_NAMES,
  PAIR_LOSSES,
  type PairLossName,
} from "../../../../src/train/objectives/preference/pair-losses.ts";
import { describeWithShared } from "../../../shared.ts";
import { readGolden } from "../../alignment-golden.ts";

interface Numbers {
  readonly losses_on_numbers: {
    readonly beta: number;
    readonly label_smoothing: number;
    readonly losses: Readonly<Record<PairLossName, readonly number[]>>;
  } & Readonly<Record<"lc" | "lr" | "nc" | "nr", readonly number[]>>;
}

describeWithShared("losses of pairs, against the reference", () => {
  it.each(PAIR_LOSS_NAMES)("%s", (name) => {
    const { losses, lc, lr, nc, nr, beta, label_smoothing } = readGolden<Numbers>("dpo").losses_on_numbers;
    const at = (values: readonly number[], i: number) => values[i] as number;
    for (const [i, expected] of losses[name].entries()) {
      const ratios = {
        ...{ chosen: at(lc, i), chosenLength: at(nc, i) },
        ...{ rejected: at(lr, i), rejectedLength: at(nr, i) },
      };
      const smoothing = name === "sigmoid" ? 0 : label_smoothing;
      const { loss } = PAIR_LOSSES[name](ratios, { beta, labelSmoothing: smoothing });
      expect(Math.abs(loss - expected)).toBeLessThan(1e-7 * Math.max(1, expected));
    }
  });
});

describe("derivatives of the losses of pairs", () => {
  const settings = { beta: 0.3, labelSmoothing: 0.2 };

  it.each(PAIR_LOSS_NAMES)("of %s agree with differences", (name) => {
    for (const [chosen, rejected] of [
      [2, -1.5],
      [-0.7, 1.1],
      [0.1, 0.2],
      [0, 0],
    ] as const) {
      const at = (own: number, other: number) =>
        PAIR_LOSSES[name]({ chosen: own, rejected: other, chosenLength: 3, rejectedLength: 5 }, settings);
      const slopes = at(chosen, rejected);
      const step = 1e-5;
      const own = (at(chosen + step, rejected).loss - at(chosen - step, rejected).loss) / (2 * step);
      const other = (at(chosen, rejected + step).loss - at(chosen, rejected - step).loss) / (2 * step);
      expect(slopes.chosen).toBeCloseTo(own, 5);
      expect(slopes.rejected).toBeCloseTo(other, 5);
    }
  });

  it.each(PAIR_LOSS_NAMES)("of %s are numbers far away from the reference", (name) => {
    const { loss, chosen, rejected } = PAIR_LOSSES[name](
      { chosen: 900, rejected: -900, chosenLength: 3, rejectedLength: 5 },
      settings,
    );
    for (const value of [loss, chosen, rejected]) expect(value).toSatisfy(Number.isFinite);
  });
});
