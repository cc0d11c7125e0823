/** The shapes that the page's modules hand to each other. */
import type { StreamError } from "../ionet-stream.js";

/** How an answer ended, as the page tells it. */
export type EndingKind =
  | "done"
  | "stopped"
  | "length"
  | "filtered"
  | "interrupted"
  | "closed"
  | "failed"
  | "refused-edge"
  | "refused-upstream"
  | "unreachable"
  | "unsent";

export interface Ending {
  kind: EndingKind;
  error: StreamError | null;
}

export interface ToolCall {
  name: string;
  arguments: string;
}

/** What is known of how an answer came about. Times in milliseconds. */
export interface AnswerFacts {
  model: string | null;
  temperature: number | null;
  /** From sending to the first token. */
  firstTokenMs: number | null;
  /** From the first token to the last. */
  writingMs: number;
  /** From the first token of the reasoning to the first of the answer. */
  reasoningMs: number | null;
  /** Tokens that arrived, by the upstream's count; by the number of its pieces where it sent none. */
  tokens: number;
  tokensCounted: boolean;
  /** Turns that the model's window had no room for. */
  leftOut: number;
  /** Pictures of the turns that were sent. Missing where it was asked before there were pictures. */
  picturesLeftOut?: PicturesLeftOut | null;
  /** The ids of its calls of which it is to be asked yet what the edge's guard says. */
  judging?: string[];
  /** What it said; missing where nothing. */
  verdict?: Verdict;
}

/** What the edge's guard says of an answer. */
export interface Verdict {
  /** `unjudged` where the guard could not be asked. */
  verdict: "safe" | "unsafe" | "unjudged";
  /** By the guard's list, such as `S1`. */
  categories: string[];
  /** Whether the answer is to be covered, */
  hidden: boolean;
  /** and whether the person may look under the cover. */
  may_show: boolean;
}

/** Pictures that were not sent along: the model takes none, or its window, or the edge, has no room. */
export interface PicturesLeftOut {
  count: number;
  why: "model" | "room";
}

/** A picture that belongs to a question, as small as it is sent. */
export interface Picture {
  /** Of its file. */
  name: string;
  /** `data:` */
  url: string;
  /** In pixels. */
  width: number;
  height: number;
}

export interface Message {
  id: string;
  conversation: string;
  /** The message that this one answers or follows; null for the first. */
  parent: string | null;
  role: "user" | "assistant";
  content: string;
  /** Of a user's message. */
  pictures: Picture[];
  reasoning: string;
  toolCalls: ToolCall[];
  /** Milliseconds since 1970. */
  created: number;
  /** null for a user's message. */
  facts: AnswerFacts | null;
  /** null while it is being written, and for a user's message. */
  ending: Ending | null;
  /** What the upstream counted; null where it did not. */
  usage: Usage | null;
  /** Whose answer it is, and of which version of it; null for nobody's. */
  persona: string | null;
  persona_version: number | null;
  /** Grows with each saving; 0 before the first. */
  version: number;
  /** When another device's growing answer came from the edge, by this device's clock. Not of the message itself: it never leaves the device. */
  heard?: number;
}

/** Tokens, as `usage` of the chat completions API counts them, and whatever else stands there. */
export interface Usage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
  [more: string]: unknown;
}

/** A room: a conversation, and what is known of it. */
export interface ConversationRecord {
  id: string;
  title: string;
  pinned: boolean;
  archived: boolean;
  persona: string | null;
  persona_version: number | null;
  created: number;
  updated: number;
  /** Grows with each saving; 0 before the first. */
  version: number;
  /** Of the device before it had a history at the edge, and not taken along: it never leaves the device. */
  onlyHere?: boolean;
  /** The branch shown at each fork: the parent's id ("" for the root) → the child's. */
  chosen: Record<string, string>;
}

/** A character that answers: its prompt goes before the conversation. */
export interface Persona {
  id: string;
  name: string;
  /** An emoji. */
  avatar: string;
  prompt: string;
  /** null for what is chosen otherwise. */
  model: string | null;
  temperature: number | null;
  created: number;
  updated: number;
  version: number;
  onlyHere?: boolean;
}

/** A model of `/v1/models`; only the id is certain. Prices in USD per token. */
export interface Model {
  id: string;
  context_window?: number;
  max_model_len?: number;
  input_token_price?: number;
  output_token_price?: number;
  higher_tier_required?: boolean;
  supports_reasoning?: boolean;
  supports_tools?: boolean;
  supports_images_input?: boolean;
}

export interface Limits {
  max_body_bytes?: number | null;
  max_completion_tokens?: number | null;
  max_messages?: number | null;
  max_message_chars?: number | null;
  daily_token_budget?: number | null;
}

/** What may be used in a day or a month, and what of it is left. */
export interface Budget {
  whose: "own" | "all";
  unit: "tokens" | "usd";
  per: "day" | "month";
  limit: number;
  remaining: number;
}

export interface Config {
  version?: string;
  default_model?: string;
  token_required?: boolean;
  /** Whether the edge keeps a history. */
  history?: boolean;
  /** Whether its owner pays for rooms to be named by the model. */
  titles?: boolean;
  /** Whether there is a limit to what may be used. */
  budget?: boolean;
  /** Whether it counts what answers take. */
  usage?: boolean;
  /** Whether its guard reads answers, and when. */
  moderate_answers?: "off" | "after" | "before";
  limits?: Limits;
}

/** Days of UTC, `YYYY-MM-DD`, both included. */
export interface Period {
  from: string;
  to: string;
}

/** What counts can be summed up by. */
export type Dimension = "day" | "identity" | "model";

/** What requests took: `refused` of them got no answer, of `unpriced` ones the cost is not known; the rest is tokens, and USD. */
export interface Sums {
  requests: number;
  refused: number;
  prompt_tokens: number;
  /** Of the prompts' tokens. */
  cached_tokens: number;
  completion_tokens: number;
  /** Beside those that were counted. */
  estimated_prompt_tokens: number;
  estimated_completion_tokens: number;
  unpriced: number;
  cost_usd: number;
}

/** A row of `GET /api/usage`. */
export interface Counted extends Sums {
  day?: string;
  identity?: string;
  model?: string;
}

/** What may be asked differently for one answer. */
export interface AnswerChoice {
  model: string | null;
  temperature: number | null;
}

/** A room as the edge and exports name its parts. */
export type PortableRoom = Omit<ConversationRecord, "onlyHere">;

export type PortablePersona = Omit<Persona, "onlyHere">;

export interface PortableMessage {
  id: string;
  room: string;
  parent: string | null;
  role: "user" | "assistant";
  content: string;
  pictures: Picture[];
  reasoning: string;
  tool_calls: ToolCall[];
  model: string | null;
  temperature: number | null;
  persona: string | null;
  persona_version: number | null;
  ending: Ending | null;
  facts: Omit<AnswerFacts, "model" | "temperature"> | null;
  usage: Usage | null;
  created: number;
  version: number;
}

/** What is left of a thing that was deleted. */
export interface Gone {
  id: string;
  /** Of a message. */
  room?: string;
  created: number;
  version: number;
  deleted: true;
}

/** Any of them, on its way from or to the edge. */
export type Portable = (PortableRoom | PortablePersona | PortableMessage | Gone) & { deleted?: true };

export interface Change {
  kind: "room" | "message" | "persona";
  value: Portable;
}

/** What is noted in the outbox. */
export interface Entry {
  /** Tells the order in which things go out. */
  key: string;
  kind: Change["kind"];
  id: string;
  /** Of a message. */
  room?: string;
  version: number;
  /** Where it was deleted. */
  gone?: { created: number };
  /** Where the edge refused it. */
  refusal?: { code: string; message: string };
}

export interface Outgoing extends Change {
  entry: Entry;
}

/** What became of a change at the edge. */
export interface Outcome {
  /** Whether it is what the edge has now; otherwise `value` is. */
  stored: boolean;
  value?: Portable;
  error?: { code: string; message: string };
}

/** A page of `GET /api/changes`. */
export interface ChangesPage {
  changes: Change[];
  next: number;
  more: boolean;
  /** Whose history it is; it says nothing else of them. */
  owner: string;
  /** How often it was emptied. */
  cleared: number;
}

/** Where what is kept is: on this device only; on its way; everywhere; waiting for the network or the edge; or refused in part. */
export interface SyncState {
  kind: "device" | "saving" | "everywhere" | "waiting" | "refused";
  /** Changes that have not gone out. */
  waiting: number;
  refusal: { code: string; message: string } | null;
}
