import assert from "node:assert/strict";
import { test } from "node:test";
import { excerpt, grouped, holds, wordsOf } from "../../public/app/kept/rooms.js";

const NOW = new Date(2026, 4, 20, 9, 30);

/** @param {string} id @param {Date} date @param {boolean} [pinned] */
const record = (id, date, pinned = false) => ({
  id,
  title: id,
  pinned,
  archived: false,
  persona: null,
  persona_version: null,
  created: 0,
  updated: date.getTime(),
  version: 1,
  chosen: {},
});

/** @param {ReturnType<typeof record>[]} records */
const names = (records) => grouped(records, NOW).map(({ name, records }) => [name, ...records.map(({ id }) => id)]);

test("the pinned come first, then days, then months, each with the newest first", () => {
  const groups = names([
    record("last year", new Date(2025, 4, 20)),
    record("early today", new Date(2026, 4, 20, 0, 0)),
    record("late yesterday", new Date(2026, 4, 19, 23, 59)),
    record("kept in sight", new Date(2024, 0, 1), true),
    record("just now", NOW),
    record("six days ago", new Date(2026, 4, 14, 12)),
    record("a week ago", new Date(2026, 4, 13, 12)),
  ]);
  assert.deepEqual(groups, [
    ["pinned", "kept in sight"],
    ["today", "just now", "early today"],
    ["yesterday", "late yesterday"],
    ["week", "six days ago"],
    [new Date(2026, 4).getTime(), "a week ago"],
    [new Date(2025, 4).getTime(), "last year"],
  ]);
});

test("the clock of another device may be ahead", () => {
  assert.deepEqual(names([record("tomorrow", new Date(2026, 4, 21))]), [["today", "tomorrow"]]);
});

test("no chat makes no group", () => assert.deepEqual(names([]), []));

test("all words have to be there, whatever their case and width", () => {
  assert.ok(holds("The Blue Whale", wordsOf("whale  blue")));
  assert.ok(!holds("The Blue Whale", wordsOf("blue shark")));
  assert.ok(holds("ＡＢＣ のカタカナ", wordsOf("abc ｶﾀｶﾅ")));
  assert.deepEqual(wordsOf("  "), []);
});

test("what is shown of a text begins shortly before what was found, at a word, on one line", () => {
  const content = `${"Long before. ".repeat(20)}Then the blue\nwhale sings.`;
  assert.equal(excerpt({ content }, ["whale"]), "…the blue whale sings.");
  assert.equal(excerpt({ content: "A whale" }, ["whale"]), "A whale");
  const japanese = "とても長い文章の中に青い鯨がいて、歌っています。";
  assert.equal(excerpt({ content: japanese }, ["歌"]), "…文章の中に青い鯨がいて、歌っています。");
  assert.equal(excerpt({ content }, ["whale", "shark"]), null);
});
