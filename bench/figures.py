"""What was measured: values round by round, and the ratios that a table is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Self, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Spread:
    """The median of the rounds, and the lowest and the highest of them."""

    middle: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(median(values), min(values), max(values))


@dataclass
class Figure:
    """One thing that was measured, of several variants, in the same rounds.

    `bases` names for a variant the one that it is held against; `values` has for each variant a value from each round, in `unit`.
    """

    name: str
    unit: str
    bases: Mapping[str, str]
    more_is_better: bool = False
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, variant: str, value: float) -> None:
        """Keep a round's value of a variant."""
        self.values.setdefault(variant, []).append(value)

    def ratio(self, variant: str, beside: str | None = None) -> Spread | None:
        """The values of `variant` as multiples of those of another one, by default its base; None where either was not measured.

        They are taken round by round, so what slows a whole round down does not count.
        """
        base = beside or self.bases.get(variant)
        if base is None or variant not in self.values or base not in self.values:
            return None
        return Spread.of([value / other for value, other in zip(self.values[variant], self.values[base], strict=True)])

    def added(self, to: str) -> Self:
        """What each variant adds to the values of the one named `to`, round by round."""
        added = type(self)(f"{self.name}, added", self.unit, {})
        for name, values in self.values.items():
            added.values[name] = [value - other for value, other in zip(values, self.values[to], strict=True)]
        return added

    def is_worse(self, ratio: Spread, than: Spread) -> bool:
        """Whether `ratio` is worse by more than both spread: the best of its rounds is worse than the worst of the others."""
        return ratio.highest < than.lowest if self.more_is_better else ratio.lowest > than.highest


Parts = dict[str, list[Figure]]
"""The figures of each part of the comparison, by the part's name."""


def turns(variants: Sequence[T], rounds: int) -> Iterable[list[T]]:
    """The variants in `rounds` orders, each beginning with another one, so that none always follows the same."""
    for number in range(rounds):
        start = number % len(variants)
        yield [*variants[start:], *variants[:start]]


def to_json(parts: Parts) -> dict[str, list[dict[str, Any]]]:
    """The figures as JSON values, each value with five significant digits."""
    dumped = {part: [asdict(figure) for figure in figures] for part, figures in parts.items()}
    for figures in dumped.values():
        for figure in figures:
            figure["values"] = {name: [float(f"{value:.5g}") for value in values] for name, values in figure["values"].items()}
    return dumped


def from_json(dumped: Mapping[str, list[dict[str, Any]]]) -> Parts:
    """What `to_json` gave."""
    return {part: [Figure(**figure) for figure in figures] for part, figures in dumped.items()}
