import assert from "node:assert/strict";
import { test } from "node:test";
import { keysOf, SHORTCUTS, shortcutOf } from "../../public/app/views/shortcuts.js";

/** @import { Press } from "../../public/app/views/shortcuts.js" */

/** @param {Partial<Press>} press @param {{ isApple?: boolean, isTyping?: boolean, singleKeys?: boolean }} [where] */
function does(press, where = {}) {
  const none = { key: "", code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  return shortcutOf(
    { ...none, isComposing: false, keyCode: 0, repeat: false, ...press },
    { isApple: false, isTyping: false, singleKeys: true, ...where },
  )?.does;
}

test("no two are the same", () => {
  assert.equal(new Set(SHORTCUTS.map((shortcut) => keysOf(shortcut, false).join())).size, SHORTCUTS.length);
});

test("a key alone is heeded, whatever Caps Lock says", () => {
  assert.equal(does({ key: "n" }), "startNew");
  assert.equal(does({ key: "N" }), "startNew");
  assert.equal(does({ key: "x" }), undefined);
});

test("a sign is heeded wherever the layout has it", () => {
  assert.equal(does({ key: "?", shiftKey: true }), "help");
  assert.equal(does({ key: "?" }), "help");
});

test("a layout of another script has the keys in the same places", () => {
  assert.equal(does({ key: "т", code: "KeyN" }), "startNew");
  assert.equal(does({ key: "ㅜ", code: "KeyN" }), "startNew");
  // A layout that has Latin letters elsewhere goes by its letters.
  assert.equal(does({ key: "n", code: "KeyL" }), "startNew");
  assert.equal(does({ key: "é", code: "Digit2" }), undefined);
});

test("with Ctrl, ⌘, Alt, AltGr or Shift a letter is the browser's", () => {
  for (const { key } of SHORTCUTS.filter((shortcut) => shortcut.key.length === 1)) {
    assert.equal(does({ key, ctrlKey: true }), undefined);
    assert.equal(does({ key, metaKey: true }), undefined);
    assert.equal(does({ key, altKey: true }), undefined);
    assert.equal(does({ key, ctrlKey: true, altKey: true }), undefined);
    assert.equal(does({ key, ctrlKey: true, shiftKey: true }), undefined);
  }
  assert.equal(does({ key: "N", shiftKey: true }), undefined);
});

test("what is typed stays typed, but Escape and combinations count", () => {
  for (const { key, command } of SHORTCUTS) {
    if (key.length === 1 && !command) assert.equal(does({ key }, { isTyping: true }), undefined);
  }
  assert.equal(does({ key: "Escape" }, { isTyping: true }), "leave");
  assert.equal(does({ key: "Enter", ctrlKey: true, shiftKey: true }, { isTyping: true }), "again");
  assert.equal(does({ key: "Enter" }, { isTyping: true }), undefined);
  assert.equal(does({ key: "Enter", shiftKey: true }, { isTyping: true }), undefined);
});

test("an input method keeps its keys", () => {
  assert.equal(does({ key: "Escape", isComposing: true }, { isTyping: true }), undefined);
  assert.equal(does({ key: "Escape", keyCode: 229 }, { isTyping: true }), undefined);
  assert.equal(does({ key: "Process", code: "KeyN", keyCode: 229 }), undefined);
});

test("a key that is held counts once", () => {
  assert.equal(does({ key: "n", repeat: true }), undefined);
});

test("single keys can be turned off, Escape and combinations stay", () => {
  for (const { key, command } of SHORTCUTS) {
    if (key.length === 1 && !command) assert.equal(does({ key }, { singleKeys: false }), undefined);
  }
  assert.equal(does({ key: "Escape" }, { singleKeys: false }), "leave");
  assert.equal(does({ key: "Enter", ctrlKey: true, shiftKey: true }, { singleKeys: false }), "again");
});

test("a Mac has ⌘ where others have Ctrl", () => {
  const [combined] = SHORTCUTS.filter(({ command }) => command);
  assert.ok(combined);
  assert.deepEqual(keysOf(combined, true), ["⌘", "Shift", "Enter"]);
  assert.deepEqual(keysOf(combined, false), ["Ctrl", "Shift", "Enter"]);
  assert.equal(does({ key: "Enter", metaKey: true, shiftKey: true }, { isApple: true }), "again");
  assert.equal(does({ key: "Enter", ctrlKey: true, shiftKey: true }, { isApple: true }), undefined);
});
