/** `gpt look dump`: the named results of a text, in a file of safetensors. */
import { writeSafetensors } from "../../../checkpoint/safetensors-writer.ts";
import { GptError } from "../../../errors.ts";
import { addedName, headCounts, headsName } from "../../../look/parts.ts";
import { hiddenNames, watch } from "../../../look/watching.ts";
import { checkBelow, idsOf, type Looking } from "./looking.ts";

export async function dump(looking: Looking): Promise<void> {
  const { engine, args, signal, output } = looking;
  const { output: path, layer } = args;
  if (path === undefined)
    throw new GptError("usage", "gpt look dump writes a file: name it with -o acts.safetensors");
  const ids = idsOf(looking);
  const counts = headCounts(engine);
  if (layer !== undefined) checkBelow("layer", layer, counts.length);
  const layers = layer === undefined ? [...counts.keys()] : [layer];
  const keep = layers.flatMap((own) => [
    hiddenNames(engine)[own] as string,
    ...(counts[own]
      ? [`blocks.${own}.attention.weights`, `blocks.${own}.attention.heads`, headsName(own)]
      : []),
    addedName(own, "attention"),
    addedName(own, "mlp"),
    ...(engine.config.layers[own]?.mlp.kind === "dense" ? [`blocks.${own}.mlp.down.input`] : []),
  ]);
  const last = hiddenNames(engine).at(-1) as string;
  const { logits, kept } = await watch(engine, ids, { keep: [...keep, last], signal });
  const grids = [
    ...[...keep, last].map((name) => ({ name, ...kept(name) })),
    { name: "logits", shape: [logits.length], values: logits },
  ];
  await writeSafetensors(
    path,
    { format: "pt", ids: ids.join(" ") },
    grids.map(({ name, shape, values }) => ({
      name,
      dtype: "F32",
      shape,
      send: (write) => write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    })),
  );
  if (args.json) await output.writeJson({ path, tensors: grids.map(({ name, shape }) => ({ name, shape })) });
}
