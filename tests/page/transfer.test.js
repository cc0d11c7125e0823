import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { fromChatGpt } from "../../public/app/actions/chatgpt.js";
import { jsonItems, NotJson } from "../../public/app/actions/json-items.js";
import { markdownName } from "../../public/app/actions/export.js";
import { exported } from "../../public/app/actions/portable.js";
import { importFile } from "../../public/app/actions/transfer.js";
import { Conversation, newMessage } from "../../public/app/kept/conversation.js";

/** @import { Room } from "../../public/app/actions/portable.js" */
/** @import { ConversationRecord, Message, Persona } from "../../public/app/types.js" */

/** @param {string} letter @returns {string} an id */
const id = (letter) => letter.repeat(32);

/** Keeps what is restored as the device does: of each thing the higher version. */
class FakeStore {
  /** @type {Map<string, Room>} */
  rooms = new Map();
  /** @type {Map<string, Persona>} */
  kept = new Map();

  /** @param {ConversationRecord} record @param {Message[]} messages */
  async restore(record, messages) {
    const isNew = (this.rooms.get(record.id)?.record.version ?? 0) < record.version;
    if (isNew) this.rooms.set(record.id, { record, messages });
    return isNew;
  }

  /** @param {Persona} persona */
  async restorePersona(persona) {
    this.kept.set(persona.id, persona);
    return true;
  }

  async text() {
    let text = "";
    for await (const part of exported([...this.kept.values()], this.rooms.values())) text += part;
    return text;
  }
}

/** @param {string | Blob} content @param {FakeStore} [store] */
const take = (content, store = new FakeStore()) => importFile(new Blob([content]), store, () => {});

/** A room with branches, pictures, reasoning, tools, and an answer that went wrong. @returns {Room} */
function sample() {
  const conversation = Conversation.start(id("c"), 10);
  /** @type {(letter: string, parent: string | null, role: Message["role"], fields: Partial<Message>) => void} */
  const add = (letter, parent, role, fields) =>
    conversation.add(
      newMessage({ id: id(letter), conversation: id("c"), parent, role, created: 20, version: 3, ...fields }),
    );
  const picture = { name: "a.png", url: "data:image/png;base64,AAAA", width: 3, height: 2 };
  const facts = { ...{ firstTokenMs: 12.5, writingMs: 3, reasoningMs: 1, tokens: 7, tokensCounted: true, leftOut: 2 } };
  add("1", null, "user", { content: "“Grüße” 日本語 \u2028 </script> \ud83d\ude00", pictures: [picture] });
  add("2", id("1"), "assistant", {
    content: "One.",
    reasoning: "Hm.",
    toolCalls: [{ name: "look", arguments: '{"a": 1}' }],
    facts: { model: "m/1", temperature: 0.3, ...facts, picturesLeftOut: { count: 1, why: "room" } },
    usage: { total_tokens: 9, more: { x: [1] } },
    ending: { kind: "done", error: null },
    persona: id("d"),
    persona_version: 2,
  });
  add("3", id("1"), "assistant", { created: 30, ending: { kind: "unreachable", error: null } });
  conversation.choose(id("2"));
  Object.assign(conversation.record, { pinned: true, version: 5, persona: id("d"), persona_version: 2 });
  const messages = ["3", "2", "1"].map((letter) => conversation.get(id(letter)));
  return { record: conversation.record, messages };
}

/** @type {Persona} */
const PERSONA = {
  ...{ id: id("d"), name: "Ada", avatar: "🦉", prompt: "Be brief.", model: null, temperature: 1 },
  ...{ created: 1, updated: 2, version: 2 },
};

async function full() {
  const store = new FakeStore();
  const { record, messages } = sample();
  store.rooms.set(record.id, { record, messages });
  store.kept.set(PERSONA.id, PERSONA);
  return store;
}

describe("this page's own export", () => {
  test("names its format, and has the members of the edge's export", async () => {
    const { format, format_version, personas, rooms } = JSON.parse(await (await full()).text());
    assert.deepEqual([format, format_version], ["ionet-edge", 1]);
    assert.deepEqual(personas, [{ ...PERSONA, versions: [PERSONA] }]);
    const [{ messages, ...room }] = rooms;
    const { chosen } = sample().record;
    const persona = { persona: id("d"), persona_version: 2 };
    const base = { id: id("c"), title: "“Grüße” 日本語   </script> 😀", pinned: true, archived: false, ...persona };
    assert.deepEqual(room, { ...base, title: room.title, chosen, created: 10, updated: 30, version: 5 });
    assert.deepEqual(
      messages.map((/** @type {any} */ message) => message.id),
      [id("1"), id("2"), id("3")],
    );
    const { facts, ...answer } = messages[1];
    assert.equal(facts.tokens, 7);
    assert.deepEqual(answer, {
      ...{ id: id("2"), room: id("c"), parent: id("1"), role: "assistant", content: "One.", pictures: [] },
      ...{ reasoning: "Hm.", tool_calls: [{ name: "look", arguments: '{"a": 1}' }], model: "m/1", temperature: 0.3 },
      ...{ ...persona, ending: { kind: "done", error: null }, usage: { total_tokens: 9, more: { x: [1] } } },
      ...{ created: 20, version: 3 },
    });
  });

  test("taken in and exported again it is the same, byte for byte", async () => {
    const text = await (await full()).text();
    const other = new FakeStore();
    const taken = await take(text, other);
    assert.deepEqual(taken, { rooms: 1, newRooms: 1, personas: 1, leftOut: 0 });
    assert.equal(await other.text(), text);
  });

  test("taken in twice it is there once", async () => {
    const store = await full();
    const text = await store.text();
    const taken = await take(text, store);
    assert.equal(taken.newRooms, 0);
    assert.equal(await store.text(), text);
  });

  test("nothing at all is an export too", async () => {
    const text = await new FakeStore().text();
    assert.deepEqual(await take(text), { rooms: 0, newRooms: 0, personas: 0, leftOut: 0 });
  });

  test("what was kept before there were numbers has the first", async () => {
    const store = await full();
    for (const room of store.rooms.values()) Object.assign(room.record, { version: 0 });
    assert.equal(JSON.parse(await store.text()).rooms[0].version, 1);
  });
});

describe("a file that is not right changes nothing, and says where", () => {
  /** @param {(room: any) => void} spoil @returns {Promise<string>} */
  async function spoilt(spoil) {
    const all = JSON.parse(await (await full()).text());
    spoil(all.rooms[0]);
    // A right one before it: it must not be taken in either.
    return JSON.stringify({ ...all, rooms: [{ ...all.rooms[0], id: id("e"), messages: [] }, all.rooms[0]] });
  }
  /** @type {[what: string, where: string, spoil: (room: any) => void][]} */
  const wrongs = [
    ["a message of nobody", "rooms[1].messages[0].role", (room) => Object.assign(room.messages[0], { role: "system" })],
    ["a name that is none", "rooms[1].messages[1].id", (room) => Object.assign(room.messages[1], { id: "../x" })],
    [
      "a date beyond all",
      "rooms[1].messages[1].created",
      (room) => Object.assign(room.messages[1], { created: 1e300 }),
    ],
    ["a missing text", "rooms[1].messages[2].content", (room) => delete room.messages[2].content],
    [
      "an ending that is unknown",
      "rooms[1].messages[1].ending.kind",
      (room) => Object.assign(room.messages[1].ending, { kind: "constructor" }),
    ],
    [
      "a fact that is none",
      "rooms[1].messages[1].facts.tokens",
      (room) => Object.assign(room.messages[1].facts, { tokens: {} }),
    ],
    [
      "a picture from elsewhere",
      "rooms[1].messages[0].pictures[0].url",
      (room) => Object.assign(room.messages[0].pictures[0], { url: "https://x.test/" }),
    ],
    ["messages that are no list", "rooms[1].messages", (room) => Object.assign(room, { messages: {} })],
    ["a message twice", "rooms[1].messages", (room) => room.messages.push(room.messages[0])],
    ["a message of another room", "rooms[1].messages", (room) => Object.assign(room.messages[0], { room: id("f") })],
  ];
  for (const [what, where, spoil] of wrongs) {
    test(what, async () => {
      const store = new FakeStore();
      const taking = take(await spoilt(spoil), store);
      await assert.rejects(taking, { key: "import.wrong", values: { where } });
      assert.equal(store.rooms.size, 0);
    });
  }

  /** @type {[what: string, text: string | Uint8Array<ArrayBuffer>, key: string][]} */
  const others = [
    ["an empty file", "", "import.unreadable"],
    ["a picture", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe]), "import.unreadable"],
    ["no JSON", "# Markdown", "import.unreadable"],
    ["JSON of something else", '{"hello": ["world"]}', "import.unknown"],
    ["a list of something else", "[1, 2, 3]", "import.unknown"],
    ["an empty list in another format", '{"format": "other", "rooms": []}', "import.unknown"],
    ["a newer format", '{"format": "ionet-edge", "format_version": 2, "rooms": []}', "import.newer"],
    ["a zip that is broken", "PK\x03\x04 and what follows is no archive", "import.zip"],
  ];
  for (const [what, text, key] of others) {
    test(what, () =>
      assert.rejects(
        importFile(new Blob([text]), new FakeStore(), () => {}),
        { key },
      ),
    );
  }

  test("one that was cut off", async () => {
    const text = await (await full()).text();
    const store = new FakeStore();
    await assert.rejects(take(text.slice(0, -3), store), { key: "import.unreadable" });
    assert.equal(store.rooms.size, 0);
  });

  test("a device that is full keeps what it has taken, and says how much that is", async () => {
    const store = new FakeStore();
    const restore = store.restore.bind(store);
    store.restore = async (record, messages) => {
      if (store.rooms.size === 2) throw new DOMException("full", "QuotaExceededError");
      return restore(record, messages);
    };
    const chats = ["x", "y", "z"].map((name) => ({ ...BRANCHED, conversation_id: name }));
    await assert.rejects(take(JSON.stringify(chats), store), { key: "import.full", values: { count: 2, of: 3 } });
    assert.equal(store.rooms.size, 2);
  });
});

/** @param {string | null} parent @param {object | null} [message] */
const node = (parent, message = null) => ({ parent, message, children: [] });

/** @param {string} role @param {unknown} text @param {object} [more] */
const said = (role, text, more = {}) => ({
  author: { role },
  content: { content_type: "text", parts: [text] },
  create_time: 1700000000.1234,
  recipient: "all",
  ...more,
});

/** @param {string} conversation_id @param {Record<string, object>} mapping @param {object} [more] */
const chat = (conversation_id, mapping, more = {}) => ({
  ...{ conversation_id, title: `Chat ${conversation_id}`, create_time: 1700000000, update_time: 1700000100 },
  ...{ mapping, ...more },
});

/** What stands on the branch that is shown. @param {any} of @returns {string[]} */
function shown(of) {
  const { room, messages } = fromChatGpt(of);
  const ours = messages.map((message) => newMessage({ ...message, conversation: room.id, facts: null }));
  return new Conversation(room, ours).path().map(({ content }) => content);
}

/** As they are: a root without a message, an empty word of the system, two answers to one question. */
const BRANCHED = chat(
  "b",
  {
    root: node(null),
    system: node("root", said("system", "")),
    q: node("system", said("user", "Why?")),
    a1: node("q", said("assistant", "Because.", { metadata: { model_slug: "gpt-4o" } })),
    a2: node("q", said("assistant", "So.", { create_time: 1700000050 })),
    q2: node("a1", said("user", "And?", { create_time: null })),
  },
  { current_node: "q2", is_starred: true },
);

describe("an export of ChatGPT's", () => {
  test("its branches are ours, and the one that was shown is shown", () => {
    assert.deepEqual(shown(BRANCHED), ["Why?", "Because.", "And?"]);
    assert.deepEqual(shown({ ...BRANCHED, current_node: "a2" }), ["Why?", "So."]);
    const { room, messages, leftOut } = fromChatGpt(BRANCHED);
    assert.equal(messages.length, 4);
    assert.equal(leftOut, 0);
    assert.deepEqual([room.title, room.pinned, room.created, room.updated], ["Chat b", true, 17e11, 1700000100000]);
    assert.equal(messages.find(({ content }) => content === "Because.")?.model, "gpt-4o");
    assert.equal(messages.find(({ content }) => content === "Why?")?.created, 1700000000123);
  });

  test("what tools and the system said is left out and counted, and an answer that they parted is one", () => {
    const parted = chat("t", {
      q: node(null, said("user", "The weather?")),
      hidden: node("q", said("system", "Secret", { metadata: { is_visually_hidden_from_conversation: true } })),
      thoughts: node(
        "hidden",
        said("assistant", "", {
          content: { content_type: "thoughts", thoughts: [{ summary: "S", content: "Let me see." }] },
        }),
      ),
      recap: node(
        "thoughts",
        said("assistant", "", { content: { content_type: "reasoning_recap", content: "Thought for 3s" } }),
      ),
      a: node("recap", said("assistant", "I look.")),
      call: node("a", said("assistant", '{"q": 1}', { recipient: "web.run" })),
      result: node("call", said("tool", "Rain")),
      b: node("result", said("assistant", "It rains.", { metadata: { finish_details: { type: "max_tokens" } } })),
      after: node("b", said("user", "Thanks.")),
    });
    const { messages, leftOut } = fromChatGpt({ ...parted, current_node: "after" });
    assert.deepEqual(
      messages.map(({ role, content, reasoning, ending }) => [role, content, reasoning, ending?.kind]),
      [
        ["user", "The weather?", "", undefined],
        ["assistant", "I look.\n\nIt rains.", "Let me see.", "length"],
        ["user", "Thanks.", "", undefined],
      ],
    );
    assert.equal(leftOut, 2);
    assert.deepEqual(shown({ ...parted, current_node: "result" }), ["The weather?", "I look.\n\nIt rains.", "Thanks."]);
  });

  test("an answer that goes on in two ways has two branches", () => {
    const forked = chat("f", {
      q: node(null, said("user", "Why?")),
      a: node("q", said("assistant", "First.")),
      b: node("a", said("assistant", "So.")),
      c: node("a", said("assistant", "Or so.")),
    });
    assert.deepEqual(shown({ ...forked, current_node: "b" }), ["Why?", "First.", "So."]);
    assert.deepEqual(shown({ ...forked, current_node: "c" }), ["Why?", "First.", "Or so."]);
  });

  test("pictures and files are named, and what was spoken is text", () => {
    const parts = [
      { content_type: "image_asset_pointer", asset_pointer: "file-service://file-A1", width: 1, height: 1 },
      { content_type: "image_asset_pointer", asset_pointer: "sediment://file_B2" },
      { content_type: "audio_transcription", text: "Hello there." },
      { content_type: "audio_asset_pointer", asset_pointer: "sediment://file_C3" },
      "What is this?",
    ];
    const attachments = [
      { id: "file-A1", name: "cat *1*.png" },
      { id: "file-D4", name: "report.pdf" },
    ];
    const asked = said("user", "", { content: { content_type: "multimodal_text", parts }, metadata: { attachments } });
    assert.deepEqual(shown(chat("p", { q: node(null, asked) })), [
      "*report.pdf*\n\n*cat 1 .png*\n\n*file_B2*\n\nHello there.\n\n*file_C3*\n\nWhat is this?",
    ]);
  });

  test("the same each time, and other than all else", () => {
    assert.deepEqual(fromChatGpt(BRANCHED), fromChatGpt(structuredClone(BRANCHED)));
    const ids = [BRANCHED, { ...BRANCHED, conversation_id: "c" }].flatMap((of) => {
      const { room, messages } = fromChatGpt(of);
      return [room.id, ...messages.map((message) => message.id)];
    });
    assert.equal(new Set(ids).size, 10);
    for (const one of ids) assert.match(one, /^[0-9a-f]{32}$/);
  });

  test("taken in twice it is there once, and it goes through our own format", async () => {
    const store = new FakeStore();
    const text = JSON.stringify([BRANCHED, chat("empty", {})]);
    assert.equal((await take(text, store)).newRooms, 1);
    assert.equal((await take(text, store)).newRooms, 0);
    const other = new FakeStore();
    await take(await store.text(), other);
    assert.equal(await other.text(), await store.text());
  });

  /** @type {[what: string, of: any, expected: string[]][]} */
  const odd = [
    [
      "nodes that go round in a circle",
      chat("1", { a: node("b", said("user", "A")), b: node("a", said("user", "B")) }),
      [],
    ],
    ["its own parent", chat("2", { a: node("a", said("user", "A")) }), []],
    ["a parent that is nowhere", chat("3", { a: node("gone", said("user", "A")) }), ["A"]],
    [
      "nodes that are none",
      chat("4", { a: /** @type {any} */ (null), b: /** @type {any} */ (7), c: node(null, said("user", "C")) }),
      ["C"],
    ],
    ["a current one that is nowhere", chat("5", { a: node(null, said("user", "A")) }, { current_node: 12 }), ["A"]],
    [
      "words that are none",
      chat("6", {
        a: node(null, said("user", { x: 1 })),
        b: node("a", said("assistant", 7)),
        c: node("b", said("user", "C")),
      }),
      ["C"],
    ],
    [
      "messages that are none",
      chat("7", { a: node(null, { author: null, content: 3 }), b: node("a", said("user", "B")) }),
      ["B"],
    ],
    [
      "times that are none",
      { mapping: { a: node(null, said("user", "A", { create_time: "x" })) }, title: 5, create_time: -1e99 },
      ["A"],
    ],
    [
      "names of objects",
      JSON.parse(
        '{"id": "9", "mapping": {"__proto__": {"parent": null, "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["P"]}}}, "constructor": {"parent": "__proto__", "message": null}}}',
      ),
      ["P"],
    ],
  ];
  for (const [what, of, expected] of odd) test(what, () => assert.deepEqual(shown(of), expected));

  test("a thousand answers in a row, and ten thousand levels", () => {
    /** @type {Record<string, object>} */
    const mapping = {};
    for (let at = 0; at < 10_000; at++) {
      mapping[`n${at}`] = node(at ? `n${at - 1}` : null, said(at % 2 ? "assistant" : "user", `${at}`));
    }
    assert.equal(shown(chat("deep", mapping, { current_node: "n9999" })).length, 10_000);
  });
});

/** A .zip, as small as one can be. @param {Record<string, string>} files @param {boolean} packing */
function zip(files, packing) {
  /** @type {Buffer<ArrayBuffer>[]} */
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = packing ? deflateRawSync(text) : Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(packing ? 8 : 0, 4);
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(at, 10);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), data]);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x00\x00"), common, entry, Buffer.from(name)]));
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(at, 12);
  return new Blob([...parts, central, Buffer.from("PK\x05\x06"), end]);
}

describe("a .zip", () => {
  const text = JSON.stringify([BRANCHED]);
  for (const packing of [true, false]) {
    test(packing ? "is unpacked" : "that packs nothing is read", async () => {
      const store = new FakeStore();
      await take(zip({ "chat.html": "<p>", "export/conversations.json": text }, packing), store);
      assert.equal(store.rooms.size, 1);
    });
  }

  test("may hold the chats in several files", async () => {
    const store = new FakeStore();
    const other = JSON.stringify([{ ...BRANCHED, conversation_id: "other" }]);
    await take(zip({ "conversations-000.json": text, "conversations-001.json": other }, true), store);
    assert.equal(store.rooms.size, 2);
  });

  test("without conversations says so", async () => {
    await assert.rejects(take(zip({ "photo.json": text }, true)), { key: "import.zip" });
  });

  test("that is damaged is unreadable", async () => {
    const bytes = new Uint8Array(await zip({ "conversations.json": text }, true).arrayBuffer());
    bytes.fill(0xff, 60, 90);
    await assert.rejects(take(new Blob([bytes])), { key: "import.unreadable" });
  });
});

describe("a JSON text in pieces", () => {
  /** @param {string} text @param {number} size */
  async function* cut(text, size) {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  /** @param {string} text @param {number} size */
  async function items(text, size) {
    const all = [];
    for await (const { key, value } of jsonItems(cut(text, size))) all.push([key, value]);
    return all;
  }

  /** @type {[text: string, expected: unknown[]][]} */
  const good = [
    ["[]", []],
    ["{}", []],
    [
      ' [1, "a,]\\"\\\\", {"x": [1, {"y": "}"}]} , [[], {}] ,null]\n',
      [
        [null, 1],
        [null, 'a,]"\\'],
        [null, { x: [1, { y: "}" }] }],
        [null, [[], {}]],
        [null, null],
      ],
    ],
    [
      '{"f": "x", "v": 1, "p": [], "r": [{"a": [1]}, 2], "z": {"q": [1, 2]}}',
      [
        ["f", "x"],
        ["v", 1],
        ["r", { a: [1] }],
        ["r", 2],
        ["z", { q: [1, 2] }],
      ],
    ],
  ];
  for (const [text, expected] of good) {
    test(`is read: ${text}`, async () => {
      for (const size of [1, 2, 3, 1000]) assert.deepEqual(await items(text, size), expected);
    });
  }

  const bad =
    '|  |[|[1|[1,]|[,1]|[1,,2]|[1 2]|{"a"}|{"a":}|{"a":1,}|{a:1}|{1:2}|[1]]|[1][2]|[1] x|x|"abc"|3|{"a":[1] 2}|{"a":[1][2]}|{"a":[1]|["a]|[{]}]|[1}|{"a":[1}]|' +
    '{"a":1:2}|[1:2]|{"a":[1,]}|{,}|{"a":1 "b":2}|x[1]|{"a":x[1]}|{"a":[1]"b":2}|,|]|:|[1],|[1]:';
  for (const text of bad.split("|")) {
    test(`is none: ${text}`, async () => {
      for (const size of [1, 1000]) await assert.rejects(items(text, size), NotJson);
    });
  }
});

test("a chat's file has a name that every system takes", () => {
  assert.equal(markdownName("Why is the sky blue?"), "Why is the sky blue.md");
  assert.equal(markdownName("../../etc/passwd\u0000\u202e\n con: a\\b"), "etc passwd con a b.md");
  assert.equal(markdownName("空はなぜ青いの？"), "空はなぜ青いの？.md");
  assert.equal(markdownName(" ..?"), "chat.md");
  assert.equal(markdownName("😀".repeat(100)), `${"😀".repeat(60)}.md`);
});
