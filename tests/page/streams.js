/** Help for the tests of the streaming client: sample streams, and a fetch that plays them. */
import { readdirSync, readFileSync } from "node:fs";
import { streamChat } from "../../public/ionet-stream.js";

/** @import { StreamEnd, StreamEvent } from "../../public/ionet-stream.js" */

const DATA = new URL("../data/", import.meta.url);

export const SAMPLES = readdirSync(DATA).filter((name) => name.endsWith(".sse"));

/** @param {string} name @returns {Uint8Array<ArrayBuffer>} */
export function sample(name) {
  return new Uint8Array(readFileSync(new URL(name, DATA)));
}

/**
 * A fetch whose answer has a body of these pieces.
 *
 * @param {(Uint8Array | string)[]} pieces
 * @param {{ status?: number, headers?: Record<string, string>, after?: "close" | "break" | "hang", seen?: (request: Request) => void,
 *   onCancel?: () => void }} [options] `after`: what follows the last piece
 * @returns {(request: Request) => Promise<Response>}
 */
export function playing(
  pieces,
  { status = 200, headers = {}, after = "close", seen = () => {}, onCancel = () => {} } = {},
) {
  return async (request) => {
    seen(request);
    const encoder = new TextEncoder();
    const left = pieces.map((piece) => (typeof piece === "string" ? encoder.encode(piece) : piece));
    const body = new ReadableStream({
      start(controller) {
        request.signal.addEventListener("abort", () => controller.error(request.signal.reason));
      },
      async pull(controller) {
        const piece = left.shift();
        if (piece) controller.enqueue(piece);
        else if (after === "close") controller.close();
        else if (after === "break") controller.error(new TypeError("network error"));
        else await new Promise(() => {});
      },
      cancel: onCancel,
    });
    return new Response(body, { status, headers: { "content-type": "text/event-stream; charset=utf-8", ...headers } });
  };
}

/**
 * @param {(request: Request) => Promise<Response>} fetch
 * @param {Partial<import("../../public/ionet-stream.js").StreamOptions>} [options]
 * @returns {Promise<StreamEvent[]>}
 */
export async function eventsOf(fetch, options = {}) {
  const events = [];
  for await (const event of streamChat({
    url: "http://edge.test/v1/chat/completions",
    messages: [],
    ...options,
    fetch,
  })) {
    events.push(event);
  }
  return events;
}

/** @param {StreamEvent[]} events @returns {StreamEnd} */
export function endOf(events) {
  const last = events.at(-1);
  if (last?.type !== "end") throw new Error(`the last event is ${JSON.stringify(last)}`);
  return last;
}

/** @param {StreamEvent[]} events @param {"content" | "reasoning"} type */
export function textOf(events, type) {
  return events.map((event) => (event.type === type ? event.text : "")).join("");
}
