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
}

export interface ConversationRecord {
  id: string;
  title: string;
  created: number;
  updated: number;
  /** The branch shown at each fork: the parent's id ("" for the root) → the child's. */
  chosen: Record<string, string>;
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
}

export interface Config {
  version?: string;
  default_model?: string;
  token_required?: boolean;
  limits?: Limits;
}

/** What may be asked differently for one answer. */
export interface AnswerChoice {
  model: string | null;
  temperature: number | null;
}
