"""The access tokens of the tests, and the entries of ACCESS_TOKENS that know them."""

from gateway.base.tokens import digest

ALICE = "ionet_canaryALICE-mT5_vX8.zQ1~wY6+uN0/pL4="
OLD = "ionet_canaryOLD"
BOB = "ionet_canaryBOB"  # for models of demo/ only
BUSY = "ionet_canaryBUSY"  # asks too often
OTHER = "ionet_canaryOTHER"
GUESTS = [f"ionet_canaryGUEST{number}" for number in range(40)]  # each has a history that no other test has written in

ENTRIES = (
    f"alice:{digest(ALICE)}, old:{digest(OLD)}:2026-01-31, bob:{digest(BOB)}::demo/*, busy:{digest(BUSY)}, other:{digest(OTHER)}, "
    + ", ".join(f"guest-{number}:{digest(token)}" for number, token in enumerate(GUESTS))
)


def bearing(token: str) -> dict[str, str]:
    """The header that proves an identity."""
    return {"authorization": f"Bearer {token}"}
