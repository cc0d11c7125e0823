/**
 * Personas to begin with, in the language of the page. They are kept once they are chosen or edited, and then the person's own.
 *
 * @module
 */
import { t } from "../elements/i18n.js";

/** @import { Character } from "../kept/personas.js" */

/** More of a prompt than fits on a line, in characters. */
const LINE_CHARS = 200;

const STARTERS = [
  { name: "starter.editor", prompt: "starter.editor.prompt", avatar: "✍️", temperature: 0.3 },
  { name: "starter.tutor", prompt: "starter.tutor.prompt", avatar: "🧭", temperature: null },
  { name: "starter.critic", prompt: "starter.critic.prompt", avatar: "🧐", temperature: null },
  { name: "starter.engineer", prompt: "starter.engineer.prompt", avatar: "🛠️", temperature: 0.2 },
  { name: "starter.listener", prompt: "starter.listener.prompt", avatar: "🍵", temperature: 0.9 },
];

/** @param {Character[]} known of the person's own @returns {Character[]} those that are not among them */
export function starters(known) {
  const names = new Set(known.map(({ name }) => name));
  return STARTERS.map(({ name, prompt, avatar, temperature }) => ({
    name: t(name),
    avatar,
    prompt: t(prompt),
    model: null,
    temperature,
  })).filter(({ name }) => !names.has(name));
}

/** @param {Character} character @returns {string} enough of its prompt to know it by */
export function beginning({ prompt }) {
  return prompt.slice(0, LINE_CHARS);
}
