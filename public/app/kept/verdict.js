/**
 * What the edge's guard has said of an answer, once it was written. Pure.
 *
 * @module
 */

/** @import { Message, Verdict } from "../types.js" */

/** @param {Pick<Message, "facts">} message @returns {boolean} whether its text is kept from being shown, sent along, searched or copied */
export function isHidden({ facts }) {
  return facts?.verdict?.hidden === true;
}

/**
 * Note what was said of one of an answer's calls. One that is continued was judged more than once, and is hidden where any of it is.
 *
 * @param {Message} message
 * @param {string} request the id of the call
 * @param {Verdict | null} told null where nothing can be had
 */
export function noteVerdict({ facts }, request, told) {
  if (!facts) return;
  if (told && !facts.verdict?.hidden) facts.verdict = told;
  const others = facts.judging?.filter((id) => id !== request) ?? [];
  if (others.length > 0) facts.judging = others;
  else delete facts.judging;
}
