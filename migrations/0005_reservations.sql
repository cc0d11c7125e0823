-- From here on, token_usage holds what was settled: also in millionths of a USD, and under the identity '' what all took together.
ALTER TABLE token_usage ADD COLUMN microusd INTEGER NOT NULL DEFAULT 0;
-- What requests that are under way may take at most. From `expires_at` on, in seconds since 1970, only what they took at least counts.
CREATE TABLE reservations (
  identity TEXT NOT NULL,
  id TEXT NOT NULL,
  day TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  microusd INTEGER NOT NULL,
  least_tokens INTEGER NOT NULL,
  least_microusd INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (identity, id)
) WITHOUT ROWID;
