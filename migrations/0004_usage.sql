-- What each identity's requests took on a day (UTC, YYYY-MM-DD), by model and by how they ended.
CREATE TABLE usage (
  day TEXT NOT NULL,
  identity TEXT NOT NULL,
  model TEXT NOT NULL,
  outcome TEXT NOT NULL,
  requests INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  estimated_prompt_tokens INTEGER NOT NULL,
  estimated_completion_tokens INTEGER NOT NULL,
  cost_microusd REAL NOT NULL,
  unpriced INTEGER NOT NULL,
  PRIMARY KEY (day, identity, model, outcome)
) WITHOUT ROWID;
