import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const PUBLIC = new URL("../../public/", import.meta.url);

/** @param {string} path @returns {string} */
const text = (path) => readFileSync(new URL(path, PUBLIC), "utf8");

/** @type {Record<string, string>} */
const EN = JSON.parse(text("i18n/en.json"));
/** @type {Record<string, string>} */
const JA = JSON.parse(text("i18n/ja.json"));
const HTML = text("index.html");
const CODE = readdirSync(new URL("app/", PUBLIC), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".js"))
  .map((name) => text(`app/${name}`))
  .join("\n");

/** @param {string} key without the ending of its plural */
const stem = (key) => key.replace(/\.(one|other)$/, "");

/** @param {Record<string, string>} words */
const stems = (words) => [...new Set(Object.keys(words).map(stem))].sort();

/** @param {string} words */
const placeholders = (words) => [...words.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("both languages have the same texts", () => {
  assert.deepEqual(stems(JA), stems(EN));
});

test("both languages name the same values", () => {
  for (const key of Object.keys(JA)) assert.deepEqual(placeholders(JA[key] ?? ""), placeholders(EN[key] ?? ""), key);
});

test("no Japanese text is English left behind", () => {
  const same = Object.keys(JA).filter((key) => JA[key] === EN[key]);
  assert.deepEqual(same, ["title"]);
});

test("Japanese buttons and prices are worded as elsewhere", () => {
  assert.equal(JA.cancel, "キャンセル");
  assert.equal(JA["api.use"], "適用");
  assert.equal(JA["chats.delete"], "削除");
  assert.match(JA["model.price"] ?? "", /^100 万トークンあたり/);
  assert.match(JA["notice.upstream"] ?? "", /^io\.net からのメッセージ/);
});

test("what an edge is stands in Japanese once", () => {
  assert.equal(Object.values(JA).filter((words) => words.includes("エッジ（")).length, 1);
});

test("every text that the page asks for is there", () => {
  const asked = [
    ...[...HTML.matchAll(/data-i18n(?:-label|-placeholder)?="([^"]+)"/g)].map(([, key]) => key),
    ...[...CODE.matchAll(/\bt\("([^"]+)"/g)].map(([, key]) => key),
    ...[...CODE.matchAll(/iconButton\("\w+", "([^"]+)"/g)].map(([, key]) => key),
    ...[...CODE.matchAll(/key: "((?:ending|refused|upstream)\.[^"]+)"/g)].map(([, key]) => key),
    ...[...CODE.matchAll(/announce\(.*?"(status\.\w+)"/g)].map(([, key]) => key),
    ...[...CODE.matchAll(/"(plain\.\w+)"/g)].map(([, key]) => key),
    ...[...CODE.matchAll(/"(starter\.[\w.]+)"/g)].map(([, key]) => key),
    ...[...CODE.matchAll(/"(example\.\d)"/g)].map(([, key]) => key),
  ];
  assert.ok(asked.length > 80);
  const missing = asked.filter((key) => key && !stems(EN).includes(stem(key)));
  assert.deepEqual(missing, []);
});

test("no text is there that nothing asks for", () => {
  const used = HTML + CODE;
  // Put together from the ending, from where what is written is kept, from a guard's category, and from the name of a group.
  const built = /^(ending|refused|upstream|action|kept)\.|^covered\.S\d+$|^chats\.(pinned|today|yesterday|week|texts)$/;
  const unused = stems(EN).filter((key) => !built.test(key) && !used.includes(`"${key}"`));
  assert.deepEqual(unused, []);
});

test("the page's own text, shown before the language files are there, is the English one", () => {
  const plain = [...HTML.matchAll(/data-i18n="([^"]+)"[^>]*>([^<]+)</g)];
  assert.ok(plain.length > 20);
  for (const [, key, words] of plain) assert.equal(words, EN[key ?? ""], key);
  for (const [, key, label] of HTML.matchAll(/data-i18n-label="([^"]+)" aria-label="([^"]+)"/g)) {
    assert.equal(label, EN[key ?? ""], key);
  }
});
