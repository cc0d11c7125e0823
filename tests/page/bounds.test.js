import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Bounds } from "../../public/app/markdown/bounds.js";
import { cutAt } from "../../public/app/markdown/cut.js";
import { isModest } from "../../public/app/markdown/tex.js";

/** @param {string} text */
const find = (text) => new Bounds().find(text);

describe("what nests too deeply", () => {
  for (const deep of [">".repeat(17), "> ".repeat(17), "- ".repeat(17), "1. ".repeat(17), "> - ".repeat(9)]) {
    test(`${deep.slice(0, 8)}…`, () => assert.deepEqual(find(`fine\n${deep}x`), { at: 5, isDeep: true }));
  }

  test("is found before its line is whole, and however the text comes", () => {
    const bounds = new Bounds();
    assert.equal(bounds.find("- a\n- b"), null);
    assert.deepEqual(bounds.find(`- a\n- b\n${">".repeat(17)}`), { at: 8, isDeep: true });
  });

  test("is an item far to the right", () => {
    assert.equal(find(`${"  ".repeat(16)}- x`), null);
    assert.deepEqual(find(`${"\t".repeat(16)}- x`), { at: 0, isDeep: true });
  });

  for (const fine of [
    "- ".repeat(40),
    "* * *".repeat(9),
    "_".repeat(900),
    "> > > quoted",
    "-".repeat(300),
    " ".repeat(90),
  ]) {
    test(`is not ${JSON.stringify(fine.slice(0, 12))}…`, () => assert.equal(find(fine)?.isDeep ?? false, false));
  }

  test("is nothing in a block of code", () => {
    const code = `\`\`\`\n${">".repeat(40)}\n${"- ".repeat(40)}x\n\`\`\`\n`;
    assert.equal(find(code), null);
    assert.equal(find(`- ~~~\n  ${">".repeat(40)}\n`), null);
    assert.notEqual(find(`${code}${">".repeat(40)}`), null);
  });
});

describe("how much of a paragraph is read at once", () => {
  test("five hundred characters that may be markup", () => {
    assert.equal(find("*a".repeat(500)), null);
    assert.deepEqual(find("*a".repeat(501)), { at: 1000, isDeep: false });
    assert.deepEqual(find(`${"*a\n".repeat(499)}*a*`), { at: 1499, isDeep: false });
  });

  test("each paragraph, row and item counts by itself", () => {
    assert.equal(find(`${"*a".repeat(300)}\n\n${"*a".repeat(300)}`), null);
    assert.equal(find("| **a** | `b` |\n".repeat(1000)), null);
    assert.equal(find("- **a** `b`\n".repeat(1000)), null);
  });

  test("what is gone counts no more", () => {
    const bounds = new Bounds();
    const line = `${"*a".repeat(300)}\n`;
    assert.equal(bounds.find(line), null);
    bounds.drop(line.length);
    assert.equal(bounds.find(line), null);
  });
});

describe("where a long text is cut", () => {
  const words = "word ".repeat(400);

  test("behind a line, a sentence or a word", () => {
    assert.equal(cutAt(`${words}\n${"x".repeat(300)}`), words.length + 1);
    assert.equal(cutAt("文です。".repeat(400)) % 4, 0);
    assert.equal(words[cutAt(words) - 1], " ");
  });

  test("where there is none, behind a whole character", () => {
    for (const letter of ["😀", "e\u0301", "か\u3099"]) {
      for (const start of ["", "x"]) {
        const text = start + letter.repeat(1000);
        const cut = cutAt(text);
        assert.equal((cut - start.length) % letter.length, 0);
        assert.ok(cut > 0 && cut < text.length);
      }
    }
  });
});

describe("a formula is set", () => {
  const fine = [
    "e^{i\\pi} = -1",
    "\\frac{a}{b}\\quad\\hspace{2em}\\rule{1em}{0.5pt}",
    "\\begin{pmatrix} 1 & 0 \\\\ 0 & 1 \\end{pmatrix}",
    "\\left( \\frac{1}{2} \\right)",
    "\\{ x \\mid x > 10000 \\} \\text{ 100 items, 500 people }",
    "\\letter + \\define",
  ];
  for (const tex of fine) test(`${tex}`, () => assert.ok(isModest(tex, false)));
});

describe("a formula stays TeX", () => {
  const odd = {
    "longer than any": "x+".repeat(2000),
    "nested too deeply": `${"x^{".repeat(31)}y${"}".repeat(31)}`,
    "with groups too deep": `${"\\left(".repeat(31)}x${"\\right)".repeat(31)}`,
    "of a great length": "\\rule{10000em}{1em}",
    "of a great length in points": "\\kern 9999 pt",
    "of many lengths": "\\rule{9em}{9em}".repeat(9),
    "with a macro of its own": "\\def\\a{x}\\a",
    "with a command of its own": "\\newcommand{\\a}{x}",
    "of too many rows": `\\begin{matrix}${"a\\\\".repeat(101)}\\end{matrix}`,
  };
  for (const [name, tex] of Object.entries(odd)) test(name, () => assert.ok(!isModest(tex, true)));

  test("of more rows than a line of text has room for", () => {
    const rows = "a\\\\".repeat(20);
    assert.ok(isModest(rows, true));
    assert.ok(!isModest(rows, false));
  });
});
