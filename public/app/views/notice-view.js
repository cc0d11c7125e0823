/**
 * What is said below an answer that did not simply end, with what can be done.
 *
 * @module
 */
import { h } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";

/** @import { Notice } from "../actions/endings.js" */

const DETAILS = { upstream: "notice.upstream", edge: "notice.edge", unknown: "notice.unknown" };

/** @param {Notice} said @param {(action: Notice["actions"][number]) => void} onAction @returns {HTMLElement} */
export function notice(said, onAction) {
  const { seconds } = said.values;
  const values = typeof seconds === "number" ? { ...said.values, time: duration(seconds) } : said.values;
  return h(
    "div",
    { class: `notice ${said.tone}` },
    h("p", { class: "said" }, t(said.key, values)),
    said.detail ? h("p", { class: "detail" }, t(DETAILS[said.from], { detail: said.detail })) : null,
    said.requestId && said.tone !== "quiet"
      ? h("p", { class: "detail" }, t("notice.request", { id: said.requestId }))
      : null,
    said.actions.length === 0
      ? null
      : h(
          "p",
          { class: "choices" },
          ...said.actions.map((action) =>
            h(
              "button",
              { type: "button", class: "quiet", "data-action": action, onclick: () => onAction(action) },
              t(`action.${action}`),
            ),
          ),
        ),
  );
}

/** @param {number} seconds @returns {string} in the unit that says it best */
function duration(seconds) {
  const [value, unit] =
    seconds >= 5400 ? [seconds / 3600, "hour"] : seconds >= 90 ? [seconds / 60, "minute"] : [seconds, "second"];
  return formatNumber(Math.ceil(Number(value)), { style: "unit", unit: String(unit), unitDisplay: "long" });
}
