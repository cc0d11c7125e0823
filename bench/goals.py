"""What is to be reached, each as a ratio of two variants in the same rounds."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.figures import Figure, Parts, Spread
from bench.serving import BASES, JAVASCRIPT, LITELLM, OURS, PORTKEY
from bench.start import PYTHON

WITH_TOKEN = f"{OURS} + token"
WITH_RATE_LIMIT = f"{OURS} + token, rate limit"


@dataclass(frozen=True)
class Goal:
    """`figure` of `variant`, as a multiple of that of `beside`, is to be at most `limit`, or at least, where more is better."""

    figure: str
    variant: str
    beside: str
    limit: float

    def reached(self, parts: Parts) -> tuple[Figure, Spread] | None:
        """The figure, and the ratio that was reached; None where it was not measured."""
        for figure in (each for figures in parts.values() for each in figures if each.name == self.figure):
            if ratio := figure.ratio(self.variant, self.beside):
                return figure, ratio
        return None


CPU = "CPU a request, 8 connections"

GOALS = (
    *(Goal(CPU, name, BASES[name], 2.8) for name in (OURS, WITH_TOKEN)),
    Goal(CPU, WITH_RATE_LIMIT, BASES[WITH_RATE_LIMIT], 3.0),
    *(Goal("answers/s, 64 connections", name, BASES[name], 0.40) for name in (OURS, WITH_TOKEN, WITH_RATE_LIMIT)),
    Goal("delay of a chunk", OURS, JAVASCRIPT, 1.05),
    Goal("200 MB", OURS, JAVASCRIPT, 1.05),
    Goal("answers/s, 8 connections", WITH_TOKEN, LITELLM, 15),
    Goal("answers/s, 8 connections", OURS, PORTKEY, 2.5),
    Goal("first byte", WITH_TOKEN, LITELLM, 0.2),
    Goal("first byte", OURS, PORTKEY, 0.2),
    Goal("each open stream", OURS, JAVASCRIPT, 1.10),
    Goal("first answer", OURS, PYTHON, 1.10),
    Goal("first answer, from a snapshot", OURS, PYTHON, 1.10),
    Goal("upload, compressed", OURS, PYTHON, 1.10),
)
"""LiteLLM's proxy insists on a token, so it is held against the Worker that asks for one; Portkey's gateway asks for none."""


def rows(parts: Parts) -> Iterable[tuple[str, str, str, str]]:
    """Each goal that was measured: what, wanted, reached, and whether it is met."""
    for goal in GOALS:
        if found := goal.reached(parts):
            figure, ratio = found
            more = figure.more_is_better
            met = ratio.middle >= goal.limit if more else ratio.middle <= goal.limit
            wanted = f"at {'least' if more else 'most'} {goal.limit:g} x"
            yield (
                f"{goal.figure}: {goal.variant} beside {goal.beside}",
                wanted,
                f"{ratio.middle:.3g} x",
                "met" if met else "**not met**",
            )
