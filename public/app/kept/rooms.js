/**
 * Conversations in the order of a list, and what is sought in them. Pure.
 *
 * @module
 */

/** @import { ConversationRecord, Message } from "../types.js" */

/**
 * Conversations that stand together. The `name` is one of those below, or the first day of a month, in milliseconds since 1970.
 *
 * @typedef {{ name: "pinned" | "today" | "yesterday" | "week" | "titles" | "texts" | number, records: ConversationRecord[] }} Group
 */

/** So much of a text stands before and after what is sought, in characters. */
const BEFORE = 12;
const AFTER = 90;

/**
 * @param {ConversationRecord[]} records in any order
 * @param {Date} [now]
 * @returns {Group[]} the pinned, then by day, then by month, the newest first; none is empty
 */
export function grouped(records, now = new Date()) {
  const day = (/** @type {number} */ ago) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - ago).getTime();
  const [today, yesterday, week] = [day(0), day(1), day(6)];
  const groups = Map.groupBy(newestFirst(records), ({ pinned, updated }) => {
    if (pinned) return /** @type {const} */ ("pinned");
    if (updated >= today) return /** @type {const} */ ("today");
    if (updated >= yesterday) return /** @type {const} */ ("yesterday");
    if (updated >= week) return /** @type {const} */ ("week");
    const date = new Date(updated);
    return new Date(date.getFullYear(), date.getMonth()).getTime();
  });
  const pinned = groups.get("pinned") ?? [];
  groups.delete("pinned");
  return [
    ...(pinned.length > 0 ? [{ name: /** @type {const} */ ("pinned"), records: pinned }] : []),
    ...[...groups].map(([name, records]) => ({ name, records })),
  ];
}

/** @param {ConversationRecord[]} records @returns {ConversationRecord[]} */
export function newestFirst(records) {
  return records.toSorted((a, b) => b.updated - a.updated);
}

/** @param {string} query @returns {string[]} all of which have to be in a text */
export function wordsOf(query) {
  return folded(query).split(/\s+/).filter(Boolean);
}

/** @param {string} text @param {string[]} words of `wordsOf` @returns {boolean} */
export function holds(text, words) {
  const all = folded(text);
  return words.every((word) => all.includes(word));
}

/**
 * @param {Pick<Message, "content">} message
 * @param {string[]} words of `wordsOf`
 * @returns {string | null} the part of its text around the first of them, on one line; null where one is not in it
 */
export function excerpt({ content }, words) {
  const [first = ""] = words;
  if (!holds(content, words)) return null;
  // Where folding changes lengths the place is not exact: the excerpt begins a little earlier or later.
  const at = folded(content).indexOf(first);
  const from = at <= BEFORE ? 0 : Math.max(at - BEFORE, content.lastIndexOf(" ", at - 1 - BEFORE / 2));
  const part = content
    .slice(from, at + first.length + AFTER)
    .replace(/\s+/g, " ")
    .trim();
  return from > 0 ? `…${part}` : part;
}

/** As texts are compared: neither case nor width matters. @param {string} text */
function folded(text) {
  return text.normalize("NFKC").toLowerCase();
}
