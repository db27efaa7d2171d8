/** The settings of the page: fields of a request, the system prompt, the key and the colours. */
import { byId } from "./elements.ts";

const KEY = "gpt-settings";
/** The key of the server stays in this tab. */
const SECRET = "gpt-key";
const OTHERS = ["system", "key"];

export class Settings {
  readonly #form = byId("settings").querySelector("form") as HTMLFormElement;

  constructor() {
    const saved = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, string>;
    for (const field of this.#fields) {
      field.value = field.name === "key" ? (sessionStorage.getItem(SECRET) ?? "") : (saved[field.name] ?? "");
    }
    this.#form.addEventListener("change", () => this.#save());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
  }

  get key(): string {
    return this.#field("key").value;
  }

  get system(): string {
    return this.#field("system").value;
  }

  /** Fields of a request. An empty one leaves the choice to the server. */
  get request(): Readonly<Record<string, unknown>> {
    const given = this.#fields.filter(({ name, value }) => value !== "" && !OTHERS.includes(name));
    return Object.fromEntries(
      given.map(({ name, value }) => [name, name === "model" ? value : Number(value)]),
    );
  }

  onKey(act: () => void): void {
    this.#field("key").addEventListener("change", act);
  }

  setModels(names: readonly string[]): void {
    const select = this.#field("model") as HTMLSelectElement;
    select.replaceChildren(...names.map((name) => new Option(name, name)));
  }

  get #fields(): readonly (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[] {
    return [...this.#form.querySelectorAll<HTMLInputElement>("[name]")];
  }

  #field(name: string) {
    return this.#form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
  }

  #save(): void {
    sessionStorage.setItem(SECRET, this.key);
    const kept = this.#fields.filter(({ name }) => name !== "key");
    localStorage.setItem(
      KEY,
      JSON.stringify(Object.fromEntries(kept.map(({ name, value }) => [name, value]))),
    );
  }
}

const SCHEME = "gpt-scheme";

/** Light or dark: as the system has it, until the reader chooses. */
export function followScheme(): () => void {
  const { dataset } = document.documentElement;
  const saved = localStorage.getItem(SCHEME);
  if (saved !== null) dataset.scheme = saved;
  return () => {
    const isDark =
      dataset.scheme === "dark" || (!dataset.scheme && matchMedia("(prefers-color-scheme: dark)").matches);
    dataset.scheme = isDark ? "light" : "dark";
    localStorage.setItem(SCHEME, dataset.scheme);
  };
}
