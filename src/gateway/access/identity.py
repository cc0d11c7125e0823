"""Who asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `name` counts in limits and stands in the log; `models` are globs of the models it may use, none for all; `is_owner`
    whether it may see what all use.
    """

    name: str
    models: tuple[str, ...] = ()
    is_owner: bool = False


ANONYMOUS = Identity("anonymous")
