/** Light or dark: as the system has it, until the reader chooses. */
import { isDark } from "./parts/colours.ts";

export function switchScheme(): void {
  document.documentElement.dataset.scheme = isDark() ? "light" : "dark";
}
