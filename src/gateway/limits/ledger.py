"""The statements of the budgets' ledger, in SQLite's SQL. Every time in it is the database's: Workers' clocks may differ.

Two tables: `reservations`, what requests under way may take at most, and `token_usage`, what was settled. What counts is both together.
A Worker that dies settles nothing, and neither does a request whose client resets before its answer begins. Once the time of such a
reservation is over, which a living Worker puts off, what its request took at least counts in its place, and the rest is given back.
"""

LIFE_SECONDS = 1800
"""How long a reservation counts whole that nobody puts off: longer than a guard and a first byte may take (FIRST_BYTE_TIMEOUT_MS)."""

_COUNTED = """
SELECT value ->> 'unit' AS unit, value ->> 'limit' AS most,
  (SELECT coalesce(sum(iif(value ->> 'unit' = 'tokens', tokens, microusd)), 0) FROM token_usage
   WHERE identity = value ->> 'identity' AND day >= date('now', 'start of ' || (value ->> 'per')))
  + (SELECT coalesce(sum(iif(value ->> 'unit' = 'tokens',
      iif(expires_at > unixepoch(), tokens, least_tokens), iif(expires_at > unixepoch(), microusd, least_microusd))), 0) FROM reservations
     WHERE value ->> 'identity' IN ('', identity) AND day >= date('now', 'start of ' || (value ->> 'per')))
  AS used
FROM json_each(?1)
"""

USED = f"SELECT used FROM ({_COUNTED})"  # noqa: S608  # put together of constants alone
"""How much of each allowance of ?1, a JSON list of them, is used, in its order."""

RESERVE = f"""
INSERT INTO reservations (identity, id, day, tokens, microusd, least_tokens, least_microusd, expires_at)
SELECT ?2, ?3, date('now'), ?4, ?5, ?6, ?7, unixepoch() + {LIFE_SECONDS}
WHERE NOT EXISTS (SELECT 1 FROM ({_COUNTED}) WHERE used + iif(unit = 'tokens', ?4, ?5) > most)
RETURNING id
"""  # noqa: S608  # put together of constants alone
"""Reserve ?4 tokens and ?5 millionths of a USD, ?6 and ?7 of which are taken in any case, for ?2 under the name ?3, where each allowance of
?1 has room for it: else no row."""

_COUNT = """
INSERT INTO token_usage (identity, day, tokens, microusd)
SELECT who.value, day, {tokens}, {microusd}
FROM reservations AS open, json_each(json_array(open.identity, '')) AS who WHERE {which}
ON CONFLICT (identity, day) DO UPDATE SET tokens = tokens + excluded.tokens, microusd = microusd + excluded.microusd
"""

SETTLE = (
    _COUNT.format(tokens="min(tokens, ?3)", microusd="min(microusd, ?4)", which="open.identity = ?1 AND open.id = ?2"),
    "DELETE FROM reservations WHERE identity = ?1 AND id = ?2",
)
"""Count ?3 tokens and ?4 millionths, and never more than was reserved, in place of the reservation ?2 of ?1: both in one transaction.
What is settled already stays as it is."""

PUT_OFF = f"UPDATE reservations SET expires_at = unixepoch() + {LIFE_SECONDS} WHERE identity = ?1 AND id = ?2"  # noqa: S608

FORGET = (
    "DELETE FROM token_usage WHERE day < date('now', 'start of month')",
    _COUNT.format(
        tokens="sum(least_tokens)", microusd="sum(least_microusd)", which="expires_at <= unixepoch() GROUP BY who.value, day"
    ),
    "DELETE FROM reservations WHERE expires_at <= unixepoch()",
)
"""Delete what counts no longer, and count what is left of reservations whose time is over."""
