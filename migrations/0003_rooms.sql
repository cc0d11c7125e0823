-- Conversations, kept for their owners. What a client puts is kept as one JSON text, `value`, as it was checked; the columns that are found
-- by are made from it, so the two cannot disagree. `seq` numbers an owner's changes. `number` has the owner in its high bits and the seq at
-- which the row was made in the low 28, so that the index of texts is read for one owner's part alone, from the newest on.

CREATE TABLE owners (
  id INTEGER PRIMARY KEY CHECK (id < 33554432), -- 2^25: a number stays below 2^53, as JavaScript's do
  name TEXT UNIQUE, -- null once everything was deleted: what is left goes in portions, and nobody finds it
  seq INTEGER NOT NULL DEFAULT 0 CHECK (seq < 268435456),
  cleared INTEGER NOT NULL DEFAULT 0,
  rooms INTEGER NOT NULL DEFAULT 0,
  messages INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE rooms (
  number INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL GENERATED ALWAYS AS (value ->> 'id') STORED CHECK (length(id) = 32),
  version INTEGER NOT NULL GENERATED ALWAYS AS (value ->> 'version') STORED CHECK (version >= 1),
  updated INTEGER NOT NULL GENERATED ALWAYS AS (value ->> 'updated') STORED,
  archived INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(value ->> 'archived', 0)) STORED CHECK (archived IN (0, 1)),
  deleted INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(value ->> 'deleted', 0)) STORED CHECK (deleted IN (0, 1)),
  bytes INTEGER NOT NULL GENERATED ALWAYS AS (length(CAST(value AS BLOB))) STORED,
  value TEXT NOT NULL CHECK (json_valid(value)),
  UNIQUE (owner, id)
);
CREATE INDEX rooms_by_time ON rooms (owner, archived, updated, id, bytes) WHERE deleted = 0;
CREATE INDEX rooms_by_seq ON rooms (owner, seq, bytes);

CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  room INTEGER NOT NULL REFERENCES rooms (number) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL GENERATED ALWAYS AS (value ->> 'id') STORED CHECK (length(id) = 32),
  version INTEGER NOT NULL GENERATED ALWAYS AS (value ->> 'version') STORED CHECK (version >= 1),
  created INTEGER NOT NULL GENERATED ALWAYS AS (value ->> 'created') STORED,
  deleted INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(value ->> 'deleted', 0)) STORED CHECK (deleted IN (0, 1)),
  bytes INTEGER NOT NULL GENERATED ALWAYS AS (length(CAST(value AS BLOB))) STORED,
  value TEXT NOT NULL CHECK (json_valid(value)),
  UNIQUE (room, id)
);
CREATE INDEX messages_by_time ON messages (room, created, id, bytes) WHERE deleted = 0;
CREATE INDEX messages_by_seq ON messages (owner, seq, bytes);

CREATE TABLE personas (
  number INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL GENERATED ALWAYS AS (value ->> 'id') STORED CHECK (length(id) = 32),
  version INTEGER NOT NULL GENERATED ALWAYS AS (value ->> 'version') STORED CHECK (version >= 1),
  deleted INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(value ->> 'deleted', 0)) STORED CHECK (deleted IN (0, 1)),
  bytes INTEGER NOT NULL GENERATED ALWAYS AS (length(CAST(value AS BLOB))) STORED,
  value TEXT NOT NULL CHECK (json_valid(value)),
  UNIQUE (owner, id)
);
CREATE INDEX personas_by_seq ON personas (owner, seq, bytes);

-- Each text that a persona ever had, for the answers that came from it.
CREATE TABLE persona_versions (
  persona INTEGER NOT NULL REFERENCES personas (number) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  PRIMARY KEY (persona, version)
) WITHOUT ROWID;

-- The texts to search, and their index, which holds no copy of them. Trigrams find any three characters, of languages without spaces too.
CREATE VIEW texts AS
  SELECT number, value ->> 'content' AS text FROM messages UNION ALL SELECT number, value ->> 'title' AS text FROM rooms;
CREATE VIRTUAL TABLE texts_index USING fts5(text, content = 'texts', content_rowid = 'number', tokenize = 'trigram');

CREATE TRIGGER rooms_inserted AFTER INSERT ON rooms BEGIN
  UPDATE owners SET rooms = rooms + 1 - NEW.deleted, bytes = bytes + NEW.bytes WHERE id = NEW.owner;
  INSERT INTO texts_index (rowid, text) SELECT NEW.number, NEW.value ->> 'title' WHERE NOT NEW.deleted;
END;
CREATE TRIGGER rooms_updated AFTER UPDATE OF value ON rooms BEGIN
  UPDATE owners SET rooms = rooms + OLD.deleted - NEW.deleted, bytes = bytes + NEW.bytes - OLD.bytes WHERE id = NEW.owner;
  INSERT INTO texts_index (texts_index, rowid, text) SELECT 'delete', OLD.number, OLD.value ->> 'title'
    WHERE NOT OLD.deleted AND OLD.value ->> 'title' IS NOT NEW.value ->> 'title';
  INSERT INTO texts_index (rowid, text) SELECT NEW.number, NEW.value ->> 'title'
    WHERE NOT NEW.deleted AND OLD.value ->> 'title' IS NOT NEW.value ->> 'title';
  DELETE FROM messages WHERE room = NEW.number AND NEW.deleted;
END;
CREATE TRIGGER rooms_deleted AFTER DELETE ON rooms BEGIN
  UPDATE owners SET rooms = rooms - 1 + OLD.deleted, bytes = bytes - OLD.bytes WHERE id = OLD.owner;
  INSERT INTO texts_index (texts_index, rowid, text) SELECT 'delete', OLD.number, OLD.value ->> 'title' WHERE NOT OLD.deleted;
END;

CREATE TRIGGER messages_inserted AFTER INSERT ON messages BEGIN
  UPDATE owners SET messages = messages + 1 - NEW.deleted, bytes = bytes + NEW.bytes WHERE id = NEW.owner;
  INSERT INTO texts_index (rowid, text) SELECT NEW.number, NEW.value ->> 'content' WHERE NOT NEW.deleted;
END;
CREATE TRIGGER messages_updated AFTER UPDATE OF value ON messages BEGIN
  UPDATE owners SET messages = messages + OLD.deleted - NEW.deleted, bytes = bytes + NEW.bytes - OLD.bytes WHERE id = NEW.owner;
  INSERT INTO texts_index (texts_index, rowid, text) SELECT 'delete', OLD.number, OLD.value ->> 'content'
    WHERE NOT OLD.deleted AND OLD.value ->> 'content' IS NOT NEW.value ->> 'content';
  INSERT INTO texts_index (rowid, text) SELECT NEW.number, NEW.value ->> 'content'
    WHERE NOT NEW.deleted AND OLD.value ->> 'content' IS NOT NEW.value ->> 'content';
END;
CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
  UPDATE owners SET messages = messages - 1 + OLD.deleted, bytes = bytes - OLD.bytes WHERE id = OLD.owner;
  INSERT INTO texts_index (texts_index, rowid, text) SELECT 'delete', OLD.number, OLD.value ->> 'content' WHERE NOT OLD.deleted;
END;

CREATE TRIGGER personas_inserted AFTER INSERT ON personas BEGIN
  UPDATE owners SET bytes = bytes + NEW.bytes WHERE id = NEW.owner;
  INSERT INTO persona_versions (persona, version, owner, bytes, value)
    SELECT NEW.number, NEW.version, NEW.owner, NEW.bytes, NEW.value WHERE NOT NEW.deleted;
END;
CREATE TRIGGER personas_updated AFTER UPDATE OF value ON personas BEGIN
  UPDATE owners SET bytes = bytes + NEW.bytes - OLD.bytes WHERE id = NEW.owner;
  INSERT INTO persona_versions (persona, version, owner, bytes, value)
    SELECT NEW.number, NEW.version, NEW.owner, NEW.bytes, NEW.value WHERE NOT NEW.deleted;
END;
CREATE TRIGGER personas_deleted AFTER DELETE ON personas BEGIN
  UPDATE owners SET bytes = bytes - OLD.bytes WHERE id = OLD.owner;
END;
CREATE TRIGGER persona_versions_inserted AFTER INSERT ON persona_versions BEGIN
  UPDATE owners SET bytes = bytes + NEW.bytes WHERE id = NEW.owner;
END;
CREATE TRIGGER persona_versions_deleted AFTER DELETE ON persona_versions BEGIN
  UPDATE owners SET bytes = bytes - OLD.bytes WHERE id = OLD.owner;
END;
