/**
 * A conversation to take elsewhere. Pure.
 *
 * @module
 */

/** @import { Conversation } from "../kept/conversation.js" */

/**
 * @param {Conversation} conversation
 * @param {{ user: string, assistant: string }} names of who speaks
 * @returns {string} the branch that is shown, as Markdown
 */
export function toMarkdown(conversation, names) {
  const parts = conversation.path().flatMap(({ role, content, pictures }) => {
    // Their names: with their data nobody could read the text.
    const shown = pictures.map(({ name }) => `*${name}*`);
    return [`## ${names[role]}`, ...shown, content.trim()].filter(Boolean);
  });
  return `${[`# ${conversation.record.title}`, ...parts].join("\n\n")}\n`;
}
