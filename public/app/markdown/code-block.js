/**
 * A block of code with its language, and buttons to wrap, save and copy it. It can grow: what is there already is never touched again.
 *
 * @module
 */
import { copyFrom, h, icon, iconButton, saveAs } from "../elements/dom.js";
import { GrowingText } from "../elements/growing-text.js";
import { t } from "../elements/i18n.js";
import { fileName } from "./file-name.js";
import { highlight } from "./highlight.js";

export class CodeBlock {
  /** @type {string[]} */
  #text = [];
  /** The end of the last line, as long as nothing follows: it is no part of the code. */
  #lineEnd = "";
  #code = h("code");
  #shown = new GrowingText(this.#code);

  /** @param {string} language may be empty */
  constructor(language) {
    this.language = language;
    const wrap = iconButton("wrap", "code.wrap", () => {
      const isWrapped = this.element.classList.toggle("wrapped");
      wrap.setAttribute("aria-pressed", String(isWrapped));
    });
    wrap.setAttribute("aria-pressed", "false");
    const save = iconButton("download", "code.download", () => saveAs(fileName(language), this.#text.join("")));
    const copy = h(
      "button",
      { type: "button", class: "copy", onclick: () => copyFrom(copy, this.#text.join("")) },
      icon("copy"),
      h("span", { "data-i18n": "code.copy" }, t("code.copy")),
    );
    this.element = h(
      "figure",
      { class: "code", dir: "ltr" },
      h("figcaption", {}, h("span", { class: "language" }, language), wrap, save, copy),
      h("pre", { tabindex: "0", role: "group", "aria-label": language || "code" }, this.#code),
    );
  }

  /** @param {string} text */
  append(text) {
    const all = this.#lineEnd + text;
    this.#lineEnd = all.endsWith("\n") ? "\n" : "";
    const shown = all.slice(0, all.length - this.#lineEnd.length);
    this.#text.push(shown);
    this.#shown.append(shown);
  }

  /** No more text follows. */
  finish() {
    void highlight(this.#code, this.language);
  }
}

/** A block of code that stands at the end of a stream, from behind the line of its opening fence. */
export class OpenCode {
  #midLine = false;
  #indent;
  #closing;
  closed = false;

  /** @param {RegExpExecArray} opening fence: indentation, fence, info string @param {string} language */
  constructor([, indent = "", fence = ""], language) {
    this.block = new CodeBlock(language);
    this.#indent = new RegExp(`^ {0,${indent.length}}`);
    this.#closing = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}[ \\t]*$`);
  }

  /**
   * @param {string} text
   * @param {boolean} final nothing follows
   * @returns {string} what is not (yet) code: the text behind the closing fence, or a line that may become that fence
   */
  take(text, final) {
    let at = 0;
    while (at < text.length) {
      const newline = text.indexOf("\n", at);
      const end = newline < 0 ? text.length : newline + 1;
      const line = text.slice(at, end);
      const whole = newline >= 0 || final;
      if (!this.#midLine) {
        if (whole && this.#closing.test(line.trimEnd())) return this.#close(text.slice(end));
        if (!whole && /^ *[`~]*[ \t]*$/.test(line)) return line;
      }
      this.block.append(this.#midLine ? line : line.replace(this.#indent, ""));
      this.#midLine = newline < 0;
      at = end;
    }
    return final ? this.#close("") : "";
  }

  /** @param {string} rest */
  #close(rest) {
    this.closed = true;
    this.block.finish();
    return rest;
  }
}
