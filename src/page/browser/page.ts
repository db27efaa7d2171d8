/** The whole page: heading, the tokens that stay in sight, and the views below each other. */
import type { PageData } from "../page-data.ts";
import { Help } from "./help.ts";
import { followKeys } from "./keyboard.ts";
import { chooseColours, followScheme } from "./parts/colours.ts";
import { button, h, type View } from "./parts/dom.ts";
import { tokenStrip } from "./parts/token-strip.ts";
import { at, type Selection, State } from "./state.ts";
import { switchScheme } from "./theme.ts";
import { ablationView } from "./views/ablation.ts";
import { attentionView } from "./views/attention.ts";
import { comparisonView } from "./views/comparison.ts";
import { embeddingsView } from "./views/embeddings.ts";
import { flowView } from "./views/flow.ts";
import { lensView } from "./views/lens.ts";
import { neuronsView } from "./views/neurons.ts";
import { patchingView } from "./views/patching.ts";
import { steeringView } from "./views/steering.ts";
import { surpriseColour, tokensView } from "./views/tokens.ts";
import { whyView } from "./views/why.ts";

export class Page {
  #state: State;
  readonly #help = new Help();
  /** Where the engine of the page has its input. */
  readonly live = h("div", { class: "live" });
  /** Called with the text of a token that the reader has drawn. */
  onDraw: ((piece: string) => void) | undefined;

  constructor(data: PageData) {
    this.#state = new State(data, { ...given(data.start), ...stateInAddress() });
    this.show(data);
    const { view } = data.start;
    if (view !== undefined && location.hash === "") document.getElementById(view)?.scrollIntoView();
    followKeys(() => this.#state, this.#help);
    followScheme(() => this.show(this.#state.data));
  }

  /** Draws another prompt in the place of the one that is shown. */
  show(data: PageData): void {
    chooseColours();
    const isSame = data === this.#state.data;
    const { layer, head, position } = this.#state.selection;
    this.#state = new State(data, isSame ? { layer, head, position } : { layer, head });
    const state = this.#state;
    const { attention, why, embeddings, ablation, patching, steering, compared } = data;
    const views = [
      flowView(state, (id) => this.onDraw?.(data.texts[id] ?? "")),
      tokensView(state),
      ...(compared === undefined ? [] : [comparisonView(state, compared)]),
      ...(attention === undefined ? [] : [attentionView(state, attention)]),
      lensView(state),
      ...(why === undefined ? [] : [whyView(state, why)]),
      ...(ablation === undefined ? [] : [ablationView(state, ablation)]),
      ...(patching === undefined ? [] : [patchingView(state, patching)]),
      ...(steering === undefined ? [] : [steeringView(state, steering)]),
      ...(embeddings === undefined ? [] : [embeddingsView(state, embeddings)]),
      ...(data.neurons.length === 0 ? [] : [neuronsView(state)]),
    ];
    const reader = readerStrip(state);
    const scroll = scrollY;
    document.title = `${data.model.name} · gpt look`;
    document.body.replaceChildren(
      h("a", { href: "#flow", class: "skip" }, "Skip to the views"),
      this.#heading(data, views),
      reader.element,
      h(
        "main",
        {},
        ...data.notices.map((notice) => h("p", { class: "notice", role: "note" }, notice)),
        ...views.map(({ element }) => element),
      ),
      footer(),
      this.#help.element,
    );
    if (isSame) scrollTo({ top: scroll });
    const all = [reader, ...views];
    state.onChange(() => {
      for (const view of all) view.update();
      const { position, layer, head } = state.selection;
      history.replaceState(undefined, "", `#t=${position}&l=${layer}&h=${head}`);
    });
    for (const view of all) view.update();
  }

  /** The text that is shown. */
  get text(): string {
    const { ids, texts } = this.#state.data;
    return ids.map((id) => texts[id] ?? "").join("");
  }

  #heading({ model }: PageData, views: readonly View[]): HTMLElement {
    const facts = `${model.family}, ${model.layers} layers of ${model.heads} heads, ${model.width} wide, ${model.vocabulary.toLocaleString("en")} tokens`;
    const links = views.map(({ element }, i) => {
      const go = (event: Event) => {
        event.preventDefault();
        element.scrollIntoView();
      };
      return h(
        "a",
        { href: `#${element.id}`, title: i < 9 ? `key ${i + 1}` : undefined, onclick: go },
        element.dataset.name ?? "",
      );
    });
    return h(
      "header",
      {},
      h("h1", {}, `Inside ${model.name}`),
      h("p", { class: "note" }, facts),
      this.live,
      h(
        "nav",
        { "aria-label": "Views" },
        ...links,
        h("span", { class: "space" }),
        button("Light or dark", () => {
          switchScheme();
          this.show(this.#state.data);
        }),
        button("?", () => this.#help.toggle(), { "aria-label": "Help: keys and colours" }),
      ),
    );
  }
}

/** The tokens at the upper edge of the window, coloured by surprisal. */
function readerStrip(state: State): View {
  const { nats } = state.data.surprisal;
  const strip = tokenStrip(
    state,
    "The text: choose a token",
    (position) => surpriseColour(at(nats, position)),
    (position) => `token ${position}`,
  );
  strip.element.classList.add("reader");
  return strip;
}

const footer = () =>
  h(
    "footer",
    {},
    h(
      "p",
      {},
      "This page works offline and sends nothing. Numbers are exact to 16 bits. Attention shows where a head looks; it does not show what matters.",
    ),
  );

/** Fields that have a value. */
function given({ layer, head, position }: PageData["start"]): Partial<Selection> {
  return {
    ...(layer === undefined ? {} : { layer }),
    ...(head === undefined ? {} : { head }),
    ...(position === undefined ? {} : { position }),
  };
}

/** The selection that a link names: #t=token&l=layer&h=head. */
function stateInAddress() {
  const fields = new URLSearchParams(location.hash.slice(1));
  const number = (name: string) => (fields.has(name) ? Number(fields.get(name)) || 0 : undefined);
  const [position, layer, head] = ["t", "l", "h"].map(number);
  return {
    ...(position === undefined ? {} : { position }),
    ...(layer === undefined ? {} : { layer }),
    ...(head === undefined ? {} : { head }),
  };
}
