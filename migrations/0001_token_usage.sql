-- Tokens reserved by each identity on a day (UTC, YYYY-MM-DD); days gone by are deleted as new ones are reserved.
CREATE TABLE token_usage (
  identity TEXT NOT NULL,
  day TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (identity, day)
) WITHOUT ROWID;
