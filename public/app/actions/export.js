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
  const parts = conversation.path().flatMap(({ role, content }) => [`## ${names[role]}`, content.trim()]);
  return `${[`# ${conversation.record.title}`, ...parts].join("\n\n")}\n`;
}
