import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const APP = new URL("../../public/app/", import.meta.url);

/** Each may import from itself and from those before it; main.js, which puts them together, from all. */
const FOLDERS = ["kept", "actions", "elements", "markdown", "views"];

test("every module of the page lies in a folder, but the one that puts them together", () => {
  const entries = readdirSync(APP, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  assert.deepEqual(folders.sort(), [...FOLDERS].sort());
  const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  assert.deepEqual(files.sort(), ["main.js", "types.d.ts"]);
});

for (const [place, folder] of FOLDERS.entries()) {
  test(`${folder}/ imports only what it stands on`, () => {
    const allowed = FOLDERS.slice(0, place + 1);
    for (const name of readdirSync(new URL(`${folder}/`, APP))) {
      const text = readFileSync(new URL(`${folder}/${name}`, APP), "utf8");
      for (const [, from] of text.matchAll(/^import .* from "\.\.\/([\w-]+)\/[\w-]+\.js";$/gm)) {
        assert.ok(allowed.includes(from ?? ""), `${folder}/${name} imports from ${from}/`);
      }
    }
  });
}
