import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { askedOf } from "../../public/app/actions/asked.js";

const settings = { token: "", model: "usual", also: ["second"], temperature: 0.3, system: "Be brief." };
const critic = {
  id: "p",
  name: "Critic",
  avatar: "🧐",
  prompt: "Find the flaw.",
  model: "strict",
  temperature: 0.1,
  created: 1,
  updated: 1,
  version: 1,
};

describe("what is asked in a room", () => {
  test("is as the settings say where nobody answers", () => {
    const { model, also, temperature, system } = settings;
    assert.deepEqual(askedOf(settings, null), { model, also, temperature, system });
  });

  test("is as its persona says", () => {
    const asked = { model: "strict", also: ["second"], temperature: 0.1, system: "Find the flaw." };
    assert.deepEqual(askedOf(settings, critic), asked);
  });

  test("is as usual in what the persona leaves open", () => {
    const open = { ...critic, prompt: " ", model: null, temperature: null };
    assert.deepEqual(askedOf(settings, open), askedOf(settings, null));
  });

  test("is the model that was chosen by hand, and the persona's in all else", () => {
    assert.deepEqual(askedOf(settings, critic, true), { ...askedOf(settings, critic), model: "usual" });
  });

  test("asks no model twice", () => {
    assert.deepEqual(askedOf({ ...settings, also: ["strict", "second"] }, critic).also, ["second"]);
  });
});
