"""The side doors: one whole completion, or just the text, made of the upstream's stream. A chat that streams does without."""
