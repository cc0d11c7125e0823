import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName } from "../../public/app/markdown/file-name.js";

test("code is saved under the ending of its language, and as text where that is not known", () => {
  const names = ["python", "Python", "js", "TypeScript", "c++", "bash", "yml", "", "brainfuck", "constructor", "../x"];
  assert.deepEqual(
    names.map(fileName),
    ["py", "py", "js", "ts", "cpp", "sh", "yaml", "txt", "txt", "txt", "txt"].map((ending) => `code.${ending}`),
  );
});
