/** Dark or light: what the system prefers, until the reader chooses. Loaded ahead of the page: nothing flashes. */

import { say, set } from "./dom.js";

const CHOICE = "coastguard-theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const shown = () => document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light");

/** Storage can be switched off in the browser; the page then forgets the choice. */
function stored(use) {
  try {
    return use(localStorage);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/**
 * Makes `button` the toggle.
 * @param {HTMLButtonElement} button
 */
export function themeToggle(button) {
  const label = () => {
    const other = shown() === "dark" ? "light" : "dark";
    say(button, other === "light" ? "☀" : "☾");
    set(button, { "aria-label": `Switch to the ${other} theme`, title: `Switch to the ${other} theme` });
  };
  button.addEventListener("click", () => {
    const theme = shown() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    stored((storage) => storage.setItem(CHOICE, theme));
    label();
  });
  prefersDark.addEventListener("change", label);
  label();
}

const choice = stored((storage) => storage.getItem(CHOICE));
if (choice === "dark" || choice === "light") document.documentElement.dataset.theme = choice;
