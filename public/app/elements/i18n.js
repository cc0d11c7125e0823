/**
 * The page's words: English and Japanese, each in one file under i18n/.
 *
 * Elements say what they hold: `data-i18n` for their text, `data-i18n-label` for their name and tooltip, `data-i18n-placeholder`.
 *
 * @module
 */

export const LANGUAGES = ["en", "ja"];

/** @type {Record<string, string>} */
let words = {};
let language = "en";

/** @param {string | null} chosen by hand, else the browser's @returns {string} */
export function pickLanguage(chosen, wanted = navigator.languages) {
  const all = [chosen ?? "", ...wanted].map((tag) => tag.split("-", 1)[0]?.toLowerCase() ?? "");
  return all.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/** @param {string} code one of LANGUAGES @returns {Promise<void>} when the page speaks it */
export async function useLanguage(code) {
  const response = await fetch(new URL(`i18n/${code}.json`, document.baseURI));
  words = await response.json();
  language = code;
  document.documentElement.lang = code;
  translate(document);
  document.documentElement.removeAttribute("data-untranslated");
}

/** @returns {string} the code of the language that the page speaks */
export function currentLanguage() {
  return language;
}

/**
 * @param {string} key where `key.one` and `key.other` exist, `values.count` chooses
 * @param {Record<string, string | number>} [values] for the {names} in the text
 * @returns {string}
 */
export function t(key, values = {}) {
  const plural =
    typeof values.count === "number" ? `${key}.${new Intl.PluralRules(language).select(values.count)}` : key;
  const text = words[plural] ?? words[`${key}.other`] ?? words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? formatNumber(value) : value;
  });
}

/** To make a formatter takes longer than all that is done with it. @type {Map<string, Intl.NumberFormat>} */
const formatters = new Map();

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function formatNumber(value, options) {
  const key = language + JSON.stringify(options);
  const formatter = formatters.get(key) ?? new Intl.NumberFormat(language, options);
  formatters.set(key, formatter);
  return formatter.format(value);
}

/** @param {number} ms milliseconds since 1970 */
export function formatDate(ms) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(ms);
}

/** @param {number} ms milliseconds since 1970 @returns {string} the time, with the date where that is not today's */
export function formatWhen(ms, now = new Date()) {
  const when = new Date(ms);
  const isToday = when.toDateString() === now.toDateString();
  const year = when.getFullYear() === now.getFullYear() ? undefined : "numeric";
  /** @type {Intl.DateTimeFormatOptions} */
  const date = isToday ? {} : { day: "numeric", month: "short", year };
  return new Intl.DateTimeFormat(language, { ...date, hour: "numeric", minute: "2-digit" }).format(when);
}

/** @param {number} ms milliseconds since 1970 @returns {string} its month and year */
export function formatMonth(ms) {
  return new Intl.DateTimeFormat(language, { month: "long", year: "numeric" }).format(ms);
}

/** @param {number} ms @returns {string} seconds, with a decimal while they are few; below a tenth, milliseconds */
export function formatSeconds(ms) {
  const [value, unit] = ms < 100 ? [ms, "millisecond"] : [ms / 1000, "second"];
  const digits = ms >= 100 && ms < 10_000 ? 1 : 0;
  return formatNumber(value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits });
}

/** Put the words into everything below this node that asks for them. @param {ParentNode} root */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-i18n], [data-i18n-label], [data-i18n-placeholder]")) {
    if (!(element instanceof HTMLElement)) continue;
    const { i18n, i18nLabel, i18nPlaceholder } = element.dataset;
    if (i18n) element.textContent = t(i18n);
    if (i18nPlaceholder) element.setAttribute("placeholder", t(i18nPlaceholder));
    if (i18nLabel) {
      element.setAttribute("aria-label", t(i18nLabel));
      if (element.matches("button, a")) element.title = t(i18nLabel);
    }
  }
}
