-- What the guard found of each answer, for the identity that asked for it. `categories` is a JSON list; `created` is in seconds since 1970.
CREATE TABLE verdicts (
  identity TEXT NOT NULL,
  request_id TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('safe', 'unsafe', 'unjudged')),
  categories TEXT NOT NULL,
  hidden INTEGER NOT NULL CHECK (hidden IN (0, 1)),
  created INTEGER NOT NULL,
  PRIMARY KEY (identity, request_id)
) WITHOUT ROWID;
CREATE INDEX verdicts_by_time ON verdicts (created);
