/**
 * What the answers of a room have used, in words: as far as the upstream told.
 *
 * @module
 */
import { usageOf } from "../actions/usage.js";
import { h } from "../elements/dom.js";
import { t } from "../elements/i18n.js";
import { shortName } from "./facts.js";

/** @import { RoomUsage } from "../actions/usage.js" */
/** @import { Message } from "../types.js" */

/** @param {Message[]} messages of a room, in all its branches @returns {HTMLElement[]} a line for the room, and one for each of several models */
export function usageLines(messages) {
  const { models, ...room } = usageOf(messages);
  if (room.answers === 0) return [];
  const each = models.length > 1 ? models.map(({ model, ...sum }) => `${shortName(model)}: ${inWords(sum)}`) : [];
  return [inWords(room), ...each].map((text) => h("p", {}, text));
}

/** @param {RoomUsage} sum */
function inWords({ answers, counted, asked, answered }) {
  const parts = [t("usage.answers", { count: answers })];
  if (counted > 0) parts.push(t("usage.tokens", { asked, answered }));
  if (counted > 0 && counted < answers) parts.push(t("usage.counted", { counted, answers }));
  return parts.join(" · ");
}
