"""Names of models by pattern."""

import functools
import re
from collections.abc import Sequence


def matches(globs: Sequence[str], name: str) -> bool:
    """Whether `name` matches one of `globs`, to the letter and the case; `*` stands for any text. No globs match everything."""
    return not globs or any(_pattern(glob).fullmatch(name) for glob in globs)


@functools.cache
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, glob.split("*"))), re.DOTALL)
