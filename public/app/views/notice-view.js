/**
 * What is said below an answer that did not simply end, with what can be done.
 *
 * @module
 */
import { copyFrom, h, iconButton } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";

/** @import { Notice } from "../actions/endings.js" */

const SPEAKERS = { upstream: "notice.upstream", edge: "notice.edge", unknown: "notice.unknown" };

/** So much of what was said is shown at once, in characters; the rest is folded. */
const DETAIL_CHARS = 300;

/** @param {Notice} said @param {(action: Notice["actions"][number]) => void} onAction @returns {HTMLElement} */
export function notice(said, onAction) {
  const { seconds } = said.values;
  const values = typeof seconds === "number" ? { ...said.values, time: duration(seconds) } : said.values;
  const detail = said.detail ?? "";
  const isLong = detail.length > DETAIL_CHARS;
  const short = isLong ? `${detail.slice(0, DETAIL_CHARS)}…` : detail;
  return h(
    "div",
    { class: `notice ${said.tone}` },
    h("p", { class: "said" }, t(said.key, values)),
    detail ? h("p", { class: "detail" }, t(SPEAKERS[said.from], { detail: short })) : null,
    said.actions.length > 0 ? h("p", { class: "choices" }, ...said.actions.map(button)) : null,
    said.tone === "quiet" ? null : details(isLong ? detail : "", said.requestId),
  );

  /** @param {Notice["actions"][number]} action */
  function button(action) {
    const onclick = () => onAction(action);
    return h("button", { type: "button", class: "quiet", "data-action": action, onclick }, t(`action.${action}`));
  }
}

/** What only those want who look into it. @param {string} text may be empty @param {string | null} requestId */
function details(text, requestId) {
  if (!text && !requestId) return null;
  const copy = iconButton("copy", "notice.copy", () => copyFrom(copy, [text, requestId].filter(Boolean).join("\n")));
  return h(
    "details",
    { class: "details" },
    h("summary", {}, t("notice.details")),
    text ? h("p", { class: "whole" }, text) : null,
    h("p", { class: "row" }, requestId ? h("span", {}, t("notice.request", { id: requestId })) : null, copy),
  );
}

/** @param {number} seconds @returns {string} in the unit that says it best */
function duration(seconds) {
  const [value, unit] =
    seconds >= 5400 ? [seconds / 3600, "hour"] : seconds >= 90 ? [seconds / 60, "minute"] : [seconds, "second"];
  return formatNumber(Math.ceil(Number(value)), { style: "unit", unit: String(unit), unitDisplay: "long" });
}
