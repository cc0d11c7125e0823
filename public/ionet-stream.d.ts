/** A message of OpenAI's chat completions; other fields (`name`, `tool_calls`, …) are sent as they are. */
export interface ChatMessage {
  role: string;
  content?: unknown;
  [field: string]: unknown;
}

/** `url`, `token`, `headers`, `signal` and `fetch` are for the call; every other field is part of the request's body. */
export interface StreamOptions {
  /** Where to POST to, e.g. `https://your-edge.workers.dev/v1/chat/completions`; relative to the page when it has no origin. */
  url: string | URL;
  /** The access token, sent as `Authorization: Bearer …`. */
  token?: string | null;
  /** Further request headers. */
  headers?: Record<string, string>;
  /** Aborting it closes the connection; the edge then closes its call to the upstream. */
  signal?: AbortSignal | null;
  /** In place of the global `fetch`, e.g. for tests. */
  fetch?: (request: Request) => Promise<Response>;

  messages: ChatMessage[];
  /** The edge's default model when left out. */
  model?: string;
  temperature?: number;
  max_completion_tokens?: number;
  [field: string]: unknown;
}

/** The head of the response has arrived. */
export interface ResponseEvent {
  type: "response";
  status: number;
  /** Of `x-request-id`: what to quote when asking the owner of the edge. */
  requestId: string | null;
  /** Of `x-answered-by`: `edge` or `upstream`. */
  answeredBy: string | null;
  /** Of `x-model`: the model that serves, which a fallback may have changed. */
  model: string | null;
}

/** A piece of the model's reasoning. */
export interface ReasoningEvent {
  type: "reasoning";
  text: string;
  choice: number;
}

/** A piece of the answer. */
export interface ContentEvent {
  type: "content";
  text: string;
  choice: number;
}

/** A piece of a refusal: the model's own words, in place of an answer. */
export interface RefusalEvent {
  type: "refusal";
  text: string;
  choice: number;
}

/** A fragment of a tool call: join `arguments` of the same `index`; only the first has `id` and `name`. */
export interface ToolCallEvent {
  type: "tool-call";
  index: number;
  id: string | null;
  name: string | null;
  arguments: string;
  choice: number;
}

/** Token counts, as the upstream sends them. */
export interface UsageEvent {
  type: "usage";
  usage: { prompt_tokens?: number; completion_tokens?: number; total_tokens?: number; [field: string]: unknown };
}

/** The model has finished: `stop`, `length`, `tool_calls`, `content_filter` or another word of the upstream's. */
export interface FinishEvent {
  type: "finish";
  reason: string;
  choice: number;
}

export interface StreamError {
  /** `http`: refused with a status; `event`: an error in the body of a 200; `network`: no connection, or it broke. */
  kind: "http" | "event" | "network";
  message: string;
  code?: string | number | null;
  errorType?: string | null;
  param?: string | null;
  /** HTTP status. */
  status?: number;
  requestId?: string | null;
  /** `edge` or `upstream`. */
  answeredBy?: string | null;
  /** Seconds to wait, of `retry-after`. */
  retryAfter?: number | null;
}

/** How it ended: always the last event. */
export interface StreamEnd {
  type: "end";
  how: "done" | "stopped" | "interrupted" | "error";
  /** Of the first choice that has one; null where none was seen. */
  finishReason: string | null;
  /** For `error`, and for `interrupted` where the connection broke. */
  error: StreamError | null;
  requestId: string | null;
}

export type StreamEvent =
  | ResponseEvent
  | ReasoningEvent
  | ContentEvent
  | RefusalEvent
  | ToolCallEvent
  | UsageEvent
  | FinishEvent
  | StreamEnd;

/** Ask for an answer and yield it as it arrives; the last event is `end`. Throws only for options that can't be sent. */
export function streamChat(options: StreamOptions): AsyncGenerator<StreamEvent, void, void>;
