// The main path as a JavaScript Worker, to compare with: the same checks, the same call, the same headers, the same log line.

/**
 * @typedef {{
 *   IONET_API_KEY: string, IONET_BASE_URL: string, DEFAULT_MODEL: string, MAX_BODY_BYTES?: string,
 *   ACCESS_TOKENS?: string, MAX_COMPLETION_TOKENS?: string, DAILY_TOKEN_BUDGET?: string,
 *   RATE_LIMITER?: { limit: (options: { key: string }) => Promise<{ success: boolean }> },
 *   DB?: { prepare: (sql: string) => { bind: (...values: unknown[]) => { first: () => Promise<unknown> } } },
 * }} Env
 * @typedef {{ messages: Record<string, unknown>[], model?: string, stream?: unknown, [name: string]: unknown }} Body
 */

const FIRST_BYTE_TIMEOUT_MS = 60_000;
const BYTES_PER_TOKEN = 3;
const ROLES = new Set(["developer", "system", "user", "assistant", "tool", "function"]);
const FIELDS = new Set(["messages", "model", "stream", "max_tokens", "max_completion_tokens", "n", "temperature"]);
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const PASSED_ON = /^(retry-after|x-ratelimit-[a-z-]+|ratelimit(-[a-z]+)?)$/;
const SECURITY = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "cross-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};
const RESERVE = `
INSERT INTO token_usage (identity, day, tokens) SELECT ?1, ?2, ?3 WHERE ?3 <= ?4
ON CONFLICT (identity, day) DO UPDATE SET tokens = tokens + ?3 WHERE tokens + ?3 <= ?4
RETURNING tokens
`;

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
    const started = Date.now();
    const given = request.headers.get("x-request-id");
    const requestId = given && REQUEST_ID.test(given) ? given : crypto.randomUUID();
    /** @type {Record<string, unknown>} */
    const log = { request_id: requestId };
    const headers = {
      "x-request-id": requestId,
      vary: "Origin",
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "x-request-id, x-answered-by, x-model, retry-after",
    };
    request.signal.addEventListener("abort", () => {
      if (log.status === undefined)
        console.log(JSON.stringify({ ...log, code: "client_left", ms: Date.now() - started }));
    });
    const response = await answer(request, env, headers, log);
    log.answered_by ??= "edge";
    log.status = response.status;
    log.ms = Date.now() - started;
    console.log(JSON.stringify(log));
    return response;
  },
};

/**
 * @param {Request} request
 * @param {Env} env
 * @param {Record<string, string>} headers those of every answer
 * @param {Record<string, unknown>} log
 * @returns {Promise<Response>}
 */
async function answer(request, env, headers, log) {
  try {
    const { pathname } = new URL(request.url);
    Object.assign(log, { method: request.method, path: pathname.slice(0, 200) });
    if (pathname !== "/v1/chat/completions" || request.method !== "POST")
      throw new Refusal(404, "Nothing here.", "not_found");
    return await chat(request, env, headers, log);
  } catch (error) {
    const { status, message, code } = error instanceof Refusal ? error : new Refusal(500, "Failed.", "internal_error");
    log.code = code;
    return Response.json(
      { error: { message, type: "invalid_request_error", param: null, code } },
      { status, headers: { ...SECURITY, "cache-control": "no-store", "x-answered-by": "edge", ...headers } },
    );
  }
}

/**
 * @param {Request} request
 * @param {Env} env
 * @param {Record<string, string>} headers
 * @param {Record<string, unknown>} log
 * @returns {Promise<Response>}
 */
async function chat(request, env, headers, log) {
  const address = request.headers.get("cf-connecting-ip");
  if (address) await limit(env, `address:${address}`);
  const identity = await identify(request, env);
  log.identity = identity;
  if (identity !== "anonymous") await limit(env, identity);

  const maxBytes = Number(env.MAX_BODY_BYTES ?? 1_000_000);
  if (Number(request.headers.get("content-length")) > maxBytes) throw new Refusal(413, "Too large.", "body_too_large");
  const raw = await request.arrayBuffer();
  if (raw.byteLength > maxBytes) throw new Refusal(413, "Too large.", "body_too_large");
  log.bytes_in = raw.byteLength;
  const body = parse(raw);
  const model = body.model ?? env.DEFAULT_MODEL;
  const changes = permit(body, model, env);
  if (env.DAILY_TOKEN_BUDGET) await reserve(env, identity, raw.byteLength, body);
  const upstream = await call(env, changes ? JSON.stringify({ ...body, ...changes }) : raw);
  log.model = model;

  log.answered_by = "upstream";

  const passed = [...upstream.headers].filter(([name]) => PASSED_ON.test(name));
  const stream = upstream.headers.get("content-type")?.startsWith("text/event-stream");
  return new Response(upstream.body, {
    status: upstream.status,
    headers: {
      ...Object.fromEntries(passed),
      "x-model": model,
      "content-type": stream ? "text/event-stream; charset=utf-8" : "text/plain; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      ...SECURITY,
      "x-answered-by": "upstream",
      ...headers,
    },
  });
}

/**
 * @param {Env} env
 * @param {string} key
 */
async function limit(env, key) {
  if (env.RATE_LIMITER && !(await env.RATE_LIMITER.limit({ key })).success)
    throw new Refusal(429, "Too many requests.", "rate_limit_exceeded");
}

/**
 * Who asks: the owner of the token that is sent, or anybody where there are no tokens.
 * @param {Request} request
 * @param {Env} env
 * @returns {Promise<string>}
 */
async function identify(request, env) {
  if (!env.ACCESS_TOKENS) return "anonymous";
  const credentials = BEARER.exec(request.headers.get("authorization") ?? "");
  if (!credentials) throw new Refusal(401, "Send an access token.", "missing_token");
  const given = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(credentials[1]));
  for (const [label, sha256] of tokens(env.ACCESS_TOKENS)) {
    // @ts-expect-error: timingSafeEqual is workerd's own
    if (crypto.subtle.timingSafeEqual(sha256, given)) return `token:${label}`;
  }
  throw new Refusal(401, "The access token is not one of this edge's.", "invalid_token");
}

/** @type {[string, Uint8Array][] | undefined} */
let parsed;

/**
 * @param {string} entries label:sha256, separated by commas
 * @returns {[string, Uint8Array][]}
 */
function tokens(entries) {
  parsed ??= entries.split(",").map((entry) => {
    const [label = "", sha256 = ""] = entry.split(":");
    return [label, Uint8Array.from(sha256.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))];
  });
  return parsed;
}

/**
 * @param {ArrayBuffer} raw
 * @returns {Body}
 */
function parse(raw) {
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

/**
 * The members to set in a request, or none.
 * @param {Body} body
 * @param {string} model
 * @param {Env} env
 * @returns {Record<string, unknown> | undefined}
 */
function permit(body, model, env) {
  /** @type {Record<string, unknown>} */
  const changes = {};
  if (body.stream !== true) changes.stream = true;
  if (body.model !== model) changes.model = model;
  if (env.MAX_COMPLETION_TOKENS) {
    for (const name of Object.keys(body))
      if (!FIELDS.has(name)) throw new Refusal(400, `${name} does not pass here.`, "field_not_allowed");
    const most = completionTokens(body, env);
    if (body.max_tokens !== most) changes.max_tokens = most;
    if (body.max_completion_tokens !== most) changes.max_completion_tokens = most;
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
}

/**
 * @param {Body} body
 * @param {Env} env
 * @returns {number}
 */
function completionTokens({ max_tokens, max_completion_tokens }, env) {
  const most = Number(env.MAX_COMPLETION_TOKENS);
  return Math.min(most, Number(max_tokens ?? most), Number(max_completion_tokens ?? most));
}

/**
 * @param {Env} env
 * @param {string} identity
 * @param {number} bytes
 * @param {Body} body
 */
async function reserve(env, identity, bytes, body) {
  const cost = Math.ceil(bytes / BYTES_PER_TOKEN) + completionTokens(body, env);
  const day = new Date().toISOString().slice(0, 10);
  const added = await env.DB?.prepare(RESERVE).bind(identity, day, cost, Number(env.DAILY_TOKEN_BUDGET)).first();
  if (!added) throw new Refusal(429, "The budget is used up.", "budget_exceeded");
}

/**
 * @param {Env} env
 * @param {BodyInit} body
 * @returns {Promise<Response>}
 */
async function call(env, body) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), FIRST_BYTE_TIMEOUT_MS);
  try {
    return await fetch(`${env.IONET_BASE_URL}/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${env.IONET_API_KEY}`,
        "content-type": "application/json",
        accept: "text/event-stream",
        "accept-encoding": "identity",
        "user-agent": "ionet-edge/bench",
      },
      body,
      redirect: "manual",
      signal: controller.signal,
    });
  } finally {
    clearTimeout(timer);
  }
}
