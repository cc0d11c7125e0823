"""Every SQL statement of history. `?1` is an owner's name throughout.

What is written comes as one JSON list, so the number of statements does not grow with that of the things: D1 counts statements for each
request, and takes a round trip for each batch, which is one transaction.
"""

PAGE_BYTES = 1_000_000
"""After how much of what is kept a page of an answer ends."""

NUMBER_BITS = 28
"""A row's number is its owner's, and in these low bits the seq at which it was made."""

KNOW = "INSERT INTO owners (name) VALUES (?1) ON CONFLICT (name) DO NOTHING"
OWNER = "SELECT seq, cleared, rooms, messages, bytes FROM owners WHERE name = ?1"

_ME = "(SELECT id FROM owners WHERE name = ?1)"
_SEQ = "o.seq + ?3 + i.key + 1"
_NUMBER = f"(o.id << {NUMBER_BITS}) + {_SEQ}"
_FITS = "(o.bytes < ?4 OR length(CAST(i.value AS BLOB)) <= old.bytes)"

# `?2` is the list, `?3` how many things of the call come before it, `?4` the limit of bytes, `?5` of rooms. Each thing has a seq of its
# own, stored or not. The higher version wins, and a deleted room stays deleted.
WRITE = {
    "persona": f"""
INSERT INTO personas (number, owner, seq, value)
SELECT {_NUMBER}, o.id, {_SEQ}, i.value
FROM owners o CROSS JOIN json_each(?2) i
LEFT JOIN personas old ON old.owner = o.id AND old.id = i.value ->> 'id'
WHERE o.name = ?1 AND {_FITS} ORDER BY i.key
ON CONFLICT (owner, id) DO UPDATE SET seq = excluded.seq, value = excluded.value WHERE excluded.version > personas.version
""",
    "room": f"""
INSERT INTO rooms (number, owner, seq, value)
SELECT {_NUMBER}, o.id, {_SEQ}, i.value
FROM owners o CROSS JOIN json_each(?2) i
LEFT JOIN rooms old ON old.owner = o.id AND old.id = i.value ->> 'id'
WHERE o.name = ?1 AND {_FITS} AND (old.id IS NOT NULL OR o.rooms < ?5) ORDER BY i.key
ON CONFLICT (owner, id) DO UPDATE SET seq = excluded.seq, value = excluded.value
WHERE excluded.version > rooms.version AND NOT rooms.deleted
""",
    "message": f"""
INSERT INTO messages (number, owner, room, seq, value)
SELECT {_NUMBER}, o.id, r.number, {_SEQ}, i.value
FROM owners o CROSS JOIN json_each(?2) i
JOIN rooms r ON r.owner = o.id AND r.id = i.value ->> 'room' AND NOT r.deleted
LEFT JOIN messages old ON old.room = r.number AND old.id = i.value ->> 'id'
WHERE o.name = ?1 AND {_FITS} ORDER BY i.key
ON CONFLICT (room, id) DO UPDATE SET seq = excluded.seq, value = excluded.value WHERE excluded.version > messages.version
""",
}

WRITTEN = "UPDATE owners SET seq = seq + ?2 WHERE name = ?1"

# What became of each thing of the list, once the call is written: `?3` is how many things of the call came with the list or after it. What
# was stored is known to the client, so only what was not comes with its value.
_STORED = "x.seq IS o.seq - ?3 + i.key + 1"
_BECAME = f"{_STORED} AS stored, x.version, x.seq, x.deleted, CASE WHEN {_STORED} THEN NULL ELSE x.value END AS value"
BECAME = {
    "persona": f"""
SELECT {_BECAME} FROM owners o CROSS JOIN json_each(?2) i LEFT JOIN personas x ON x.owner = o.id AND x.id = i.value ->> 'id'
WHERE o.name = ?1 ORDER BY i.key
""",
    "room": f"""
SELECT {_BECAME} FROM owners o CROSS JOIN json_each(?2) i LEFT JOIN rooms x ON x.owner = o.id AND x.id = i.value ->> 'id'
WHERE o.name = ?1 ORDER BY i.key
""",
    "message": f"""
SELECT {_BECAME}, r.id AS room, r.seq AS room_seq, CASE WHEN r.deleted THEN r.value END AS gone
FROM owners o CROSS JOIN json_each(?2) i LEFT JOIN rooms r ON r.owner = o.id AND r.id = i.value ->> 'room'
LEFT JOIN messages x ON x.room = r.number AND x.id = i.value ->> 'id'
WHERE o.name = ?1 ORDER BY i.key
""",
}

# Everything of an owner's is let go of at once: its name, which no space ends, is a new owner's from then on. It is deleted in portions.
CLEAR = (
    "INSERT INTO owners (name, seq, cleared) SELECT ?1 || ' ', seq + 1, cleared + 1 FROM owners WHERE name = ?1",
    "UPDATE owners SET name = NULL WHERE name = ?1",
    "UPDATE owners SET name = ?1 WHERE name = ?1 || ' '",
)
_NOBODYS = "SELECT m.number FROM owners o JOIN messages m ON m.owner = o.id WHERE o.name IS NULL LIMIT ?1"
PURGE_MESSAGES = f"DELETE FROM messages WHERE number IN ({_NOBODYS})"
PURGE_OWNERS = "DELETE FROM owners WHERE name IS NULL AND NOT EXISTS (SELECT 1 FROM messages WHERE owner = owners.id)"
LEFT = "SELECT id FROM owners WHERE name IS NULL LIMIT 1"

ROOM = f"SELECT value, seq, deleted FROM rooms WHERE owner = {_ME} AND id = ?2"
PERSONA = f"SELECT value, seq, deleted FROM personas WHERE owner = {_ME} AND id = ?2"
MESSAGE = f"""
SELECT value, seq, deleted FROM messages WHERE room = (SELECT number FROM rooms WHERE owner = {_ME} AND id = ?2) AND id = ?3
"""
ONE = {"persona": PERSONA, "room": ROOM, "message": MESSAGE}

# Pages. The inner part reads no more than an index, to find where the page ends; `found` counts what it came upon, one more than was asked
# for where there is more.
_ROOMS_BEFORE = "(updated, id) < (?3, ?4)"
ROOMS = f"""
WITH found AS (
  SELECT number, bytes, updated, id FROM rooms
  WHERE owner = {_ME} AND archived = ?2 AND deleted = 0 AND {_ROOMS_BEFORE} ORDER BY updated DESC, id DESC LIMIT ?5
), sized AS (SELECT number, sum(bytes) OVER (ORDER BY updated DESC, id DESC) - bytes AS before FROM found)
SELECT value, seq, updated, id, (SELECT count(*) FROM found) AS found
FROM sized JOIN rooms USING (number) WHERE before < {PAGE_BYTES} ORDER BY updated DESC, id DESC
"""
MESSAGES = f"""
WITH found AS (
  SELECT number, bytes, created, id FROM messages
  WHERE room = (SELECT number FROM rooms WHERE owner = {_ME} AND id = ?2) AND deleted = 0 AND (created, id) > (?3, ?4)
  ORDER BY created, id LIMIT ?5
), sized AS (SELECT number, sum(bytes) OVER (ORDER BY created, id) - bytes AS before FROM found)
SELECT value, seq, created, id, (SELECT count(*) FROM found) AS found
FROM sized JOIN messages USING (number) WHERE before < {PAGE_BYTES} ORDER BY created, id
"""
PERSONAS = f"""
WITH found AS (
  SELECT number, bytes, id FROM personas WHERE owner = {_ME} AND deleted = 0 AND id > ?2 ORDER BY id LIMIT ?3
), sized AS (SELECT number, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM found)
SELECT value, seq, id, (SELECT count(*) FROM found) AS found
FROM sized JOIN personas USING (number) WHERE before < {PAGE_BYTES} ORDER BY id
"""
_PERSONA_NUMBER = f"(SELECT number FROM personas WHERE owner = {_ME} AND id = ?2)"
VERSIONS = f"""
WITH found AS (
  SELECT version, bytes FROM persona_versions WHERE persona = {_PERSONA_NUMBER} AND version < ?3 ORDER BY version DESC LIMIT ?4
), sized AS (SELECT version, sum(bytes) OVER (ORDER BY version DESC) - bytes AS before FROM found)
SELECT value, version, (SELECT count(*) FROM found) AS found
FROM sized JOIN persona_versions USING (version) WHERE persona = {_PERSONA_NUMBER} AND before < {PAGE_BYTES} ORDER BY version DESC
"""
VERSION = f"SELECT value FROM persona_versions WHERE persona = {_PERSONA_NUMBER} AND version = ?3"

# What changed after the seq `?2`, at most `?3` things.
CHANGES = f"""
WITH found AS (
  SELECT seq, bytes FROM (
    SELECT seq, bytes FROM rooms WHERE owner = {_ME} AND seq > ?2
    UNION ALL SELECT seq, bytes FROM messages WHERE owner = {_ME} AND seq > ?2
    UNION ALL SELECT seq, bytes FROM personas WHERE owner = {_ME} AND seq > ?2
    ORDER BY seq LIMIT ?3)
), sized AS (SELECT seq, sum(bytes) OVER (ORDER BY seq) - bytes AS before FROM found),
page AS (SELECT max(seq) AS last FROM sized WHERE before < {PAGE_BYTES})
SELECT 'room' AS kind, seq, value FROM rooms WHERE owner = {_ME} AND seq > ?2 AND seq <= (SELECT last FROM page)
UNION ALL
SELECT 'message', seq, value FROM messages WHERE owner = {_ME} AND seq > ?2 AND seq <= (SELECT last FROM page)
UNION ALL
SELECT 'persona', seq, value FROM personas WHERE owner = {_ME} AND seq > ?2 AND seq <= (SELECT last FROM page)
ORDER BY seq
"""

# A search, from the newest on: `?3` is the cursor, the low bits of a number; `?4` how many texts are looked at; `?5` a JSON list of
# patterns that all have to match; `?6` the word that the snippet is around.
_BASE = f"(SELECT id << {NUMBER_BITS} FROM owners WHERE name = ?1)"
_HITS = f"""
SELECT number & {(1 << NUMBER_BITS) - 1} AS cursor, hit, room, title, message, role, created,
  CASE WHEN hit THEN substr(text, max(1, instr(lower(text), lower(?6)) - 40), 160) END AS snippet
FROM (
  SELECT f.number, coalesce(m.value, r.value) ->> 'created' AS created, coalesce(m.value ->> 'content', r.value ->> 'title') AS text,
    r.id AS room, r.value ->> 'title' AS title, m.id AS message, m.value ->> 'role' AS role,
    NOT EXISTS (
      SELECT 1 FROM json_each(?5) p
      WHERE coalesce(m.value ->> 'content', r.value ->> 'title', '') NOT LIKE p.value ESCAPE '\\'
    ) AS hit
  FROM found f LEFT JOIN messages m ON m.number = f.number LEFT JOIN rooms r ON r.number = coalesce(m.room, f.number)
) ORDER BY number DESC
"""
SEARCH = f"""
WITH found AS (
  SELECT rowid AS number FROM texts_index
  WHERE texts_index MATCH ?2 AND rowid > {_BASE} AND rowid < {_BASE} + ?3 ORDER BY rowid DESC LIMIT ?4
) {_HITS}
"""
# Without a word of three characters, of which trigrams are made, the texts themselves are read; `?2` is not used.
SCAN = f"""
WITH found AS (
  SELECT * FROM (
    SELECT number FROM messages WHERE number > {_BASE} AND number < {_BASE} + ?3 AND ?2 IS NOT NULL AND NOT deleted
    UNION ALL
    SELECT number FROM rooms WHERE number > {_BASE} AND number < {_BASE} + ?3 AND NOT deleted
    ORDER BY number DESC LIMIT ?4
  )
) {_HITS}
"""
