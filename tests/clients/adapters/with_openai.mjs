// OpenAI's npm package under Node.
import { outcome } from "./openai-ways.mjs";
import { serve } from "./pipe.mjs";

await serve(outcome);
