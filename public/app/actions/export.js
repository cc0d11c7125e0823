/**
 * A conversation to take elsewhere. Pure.
 *
 * @module
 */

import { isHidden } from "../kept/verdict.js";

/** @import { Conversation } from "../kept/conversation.js" */

/**
 * @param {Conversation} conversation
 * @param {{ user: string, assistant: string, covered: string }} names of who speaks, and what stands for an answer that is covered
 * @returns {string} the branch that is shown, as Markdown
 */
export function toMarkdown(conversation, names) {
  const parts = conversation.path().flatMap((message) => {
    const { role, pictures } = message;
    const content = isHidden(message) ? names.covered : message.content;
    // Their names: with their data nobody could read the text.
    const shown = pictures.map(({ name }) => `*${name}*`);
    return [`## ${names[role]}`, ...shown, content.trim()].filter(Boolean);
  });
  return `${[`# ${conversation.record.title}`, ...parts].join("\n\n")}\n`;
}

/** The longest name of a file, without its ending: systems take 255 bytes, and a character has up to four. */
const NAME_CHARS = 60;

/** @param {string} title of a conversation @returns {string} the name of a file that every system takes */
export function markdownName(title) {
  const plain = title.replace(/[\p{C}<>:"/\\|?*]+/gu, " ").replace(/\s+/g, " ");
  const name = [...plain]
    .slice(0, NAME_CHARS)
    .join("")
    .replace(/^[\s.]+|[\s.]+$/g, "");
  return `${name || "chat"}.md`;
}
