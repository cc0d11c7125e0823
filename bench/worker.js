// The main path as a JavaScript Worker, to compare with: the same checks, the same call, the same headers.

/** @typedef {{ IONET_API_KEY: string, IONET_BASE_URL: string, DEFAULT_MODEL: string }} Env */

const MAX_BODY_BYTES = 1_000_000;
const FIRST_BYTE_TIMEOUT_MS = 60_000;
const ROLES = new Set(["developer", "system", "user", "assistant", "tool", "function"]);
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const PASSED_ON = /^(retry-after|x-ratelimit-[a-z-]+|ratelimit(-[a-z]+)?)$/;

class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {string} code
   */
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export default {
  /**
   * @param {Request} request
   * @param {Env} env
   * @returns {Promise<Response>}
   */
  async fetch(request, env) {
    const given = request.headers.get("x-request-id");
    const headers = {
      "x-request-id": given && REQUEST_ID.test(given) ? given : crypto.randomUUID(),
      vary: "Origin",
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "x-request-id, x-answered-by, retry-after",
    };
    try {
      const { pathname } = new URL(request.url);
      if (pathname !== "/v1/chat/completions" || request.method !== "POST")
        throw new Refusal(404, "Nothing here.", "not_found");
      return await chat(request, env, headers);
    } catch (error) {
      const { status, message, code } =
        error instanceof Refusal ? error : new Refusal(500, "Failed.", "internal_error");
      return Response.json(
        { error: { message, type: "invalid_request_error", param: null, code } },
        { status, headers },
      );
    }
  },
};

/**
 * @param {Request} request
 * @param {Env} env
 * @param {Record<string, string>} headers those of every answer
 * @returns {Promise<Response>}
 */
async function chat(request, env, headers) {
  if (Number(request.headers.get("content-length")) > MAX_BODY_BYTES)
    throw new Refusal(413, "Too large.", "body_too_large");
  const body = parse(await request.arrayBuffer());
  const upstream = await fetch(`${env.IONET_BASE_URL}/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${env.IONET_API_KEY}`,
      "content-type": "application/json",
      accept: "text/event-stream",
      "accept-encoding": "identity",
      "user-agent": "ionet-edge/bench",
    },
    body: JSON.stringify({ ...body, stream: true, model: body.model ?? env.DEFAULT_MODEL }),
    redirect: "manual",
    signal: AbortSignal.timeout(FIRST_BYTE_TIMEOUT_MS),
  });
  const passed = [...upstream.headers].filter(([name]) => PASSED_ON.test(name));
  const stream = upstream.headers.get("content-type")?.startsWith("text/event-stream");
  return new Response(upstream.body, {
    status: upstream.status,
    headers: {
      ...Object.fromEntries(passed),
      "content-type": stream ? "text/event-stream; charset=utf-8" : "text/plain; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-content-type-options": "nosniff",
      "x-answered-by": "upstream",
      ...headers,
    },
  });
}

/**
 * @param {ArrayBuffer} raw
 * @returns {{ messages: { role: string }[], model?: string }}
 */
function parse(raw) {
  if (raw.byteLength > MAX_BODY_BYTES) throw new Refusal(413, "Too large.", "body_too_large");
  let body;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch {
    throw new Refusal(400, "The body is not JSON.", "invalid_json");
  }
  const { messages, model } = Object(body);
  if (!Array.isArray(messages) || messages.length === 0)
    throw new Refusal(400, "messages is no list.", "invalid_value");
  if (!messages.every((message) => ROLES.has(message?.role)))
    throw new Refusal(400, "An unknown role.", "invalid_value");
  if (model !== undefined && typeof model !== "string")
    throw new Refusal(400, "model is not a string.", "invalid_type");
  return body;
}
