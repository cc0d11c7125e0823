import assert from "node:assert/strict";
import { test } from "node:test";
import { apiOrigin, keyFor, loadSettings, parseOrigin, saveSettings } from "../../public/app/kept/settings.js";

/** @param {Record<string, string>} [kept] */
const storage = (kept = {}) =>
  /** @type {any} */ ({
    getItem: (/** @type {string} */ key) => kept[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => {
      kept[key] = value;
    },
  });

/** @param {string} href */
const page = (href) => /** @type {any} */ (new URL(href));

test("the API is the page's own origin, else the one set by hand, else the link's", () => {
  assert.equal(apiOrigin(page("https://a.test/"), storage()), "https://a.test");
  assert.equal(apiOrigin(page("https://a.test/"), storage({ "ionet-edge:api": "https://b.test" })), "https://b.test");
  const link = page("https://a.test/?api=https://c.test/path");
  assert.equal(apiOrigin(link, storage({ "ionet-edge:api": "https://b.test" })), "https://c.test");
});

test("what is no web address is not an API", () => {
  for (const text of ["", "javascript:alert(1)", "data:text/html,x", "b.test", "file:///etc/passwd"]) {
    assert.equal(parseOrigin(text), null, text);
  }
});

test("token, chats and draft of one API are not those of another", () => {
  assert.equal(keyFor("settings", "https://a.test", "https://a.test"), "ionet-edge:settings");
  assert.notEqual(
    keyFor("settings", "https://b.test", "https://a.test"),
    keyFor("settings", "https://a.test", "https://a.test"),
  );
});

test("a change is written into what is kept, which another tab may have changed", (t) => {
  globalThis.location = page("https://a.test/");
  t.after(() => Reflect.deleteProperty(globalThis, "location"));
  const kept = storage();
  saveSettings("https://a.test", { token: "t0ken" }, kept);
  saveSettings("https://a.test", { temperature: 0.2 }, kept);
  assert.deepEqual(loadSettings("https://a.test", kept), {
    token: "t0ken",
    model: null,
    also: [],
    temperature: 0.2,
    system: "",
  });
});
