/**
 * The name under which code is saved.
 *
 * @module
 */

/** The ending of a file by what models write behind a fence; what is not here is an ending itself, or none. */
const ENDINGS = new Map([
  ["bash", "sh"],
  ["c#", "cs"],
  ["c++", "cpp"],
  ["cc", "cpp"],
  ["clojure", "clj"],
  ["console", "sh"],
  ["csharp", "cs"],
  ["elixir", "ex"],
  ["erlang", "erl"],
  ["fortran", "f90"],
  ["golang", "go"],
  ["haskell", "hs"],
  ["javascript", "js"],
  ["julia", "jl"],
  ["kotlin", "kt"],
  ["latex", "tex"],
  ["markdown", "md"],
  ["matlab", "m"],
  ["objective-c", "m"],
  ["objectivec", "m"],
  ["ocaml", "ml"],
  ["perl", "pl"],
  ["powershell", "ps1"],
  ["python", "py"],
  ["python3", "py"],
  ["ruby", "rb"],
  ["rust", "rs"],
  ["shell", "sh"],
  ["typescript", "ts"],
  ["yml", "yaml"],
  ["zsh", "sh"],
]);

/** Languages that are written as their files end. */
const SAME = new Set(
  (
    "c cpp cs css csv dart diff f90 go gql graphql h hpp hs html ini java js json jsonc jsonl jsx jl kt less lua m md mjs patch php pl ps1 py r " +
    "rb rs scala scss sh sql svelte svg swift tex toml ts tsx vb vue xml yaml zig"
  ).split(" "),
);

/** @param {string} language what stands behind the fence, may be empty @returns {string} the name of a file */
export function fileName(language) {
  const name = language.toLowerCase();
  const ending = ENDINGS.get(name) ?? (SAME.has(name) ? name : "txt");
  return `code.${ending}`;
}
