"""The table of a run: the goals, what fell behind the last table, and the figures, ratios first."""

from collections.abc import Iterable, Mapping, Sequence

from bench import goals
from bench.figures import Figure, Parts, Spread
from bench.serving import GATEWAYS, OURS


def table(parts: Parts, header: Sequence[str], last: Parts | None) -> str:
    """A run as Markdown.

    Parameters: `header`, lines that say what was run, when and where; `last`, the figures of the last committed run, None where there
    are none.
    """
    sections = ["# Comparisons", "\n".join(header)]
    if reached := list(goals.rows(parts)):
        sections += [_grid(("goal", "wanted", "reached", ""), reached)]
    sections += [
        "## What fell behind the last table",
        _list(fell_behind(parts, last) if last else ["There is no table to compare with."]),
    ]
    for title, figures in parts.items():
        sections += [f"## {title}", _part(figures)]
    return "\n\n".join(sections) + "\n"


def fell_behind(parts: Parts, last: Parts) -> list[str]:
    """Ratios of ours that are worse than in the last run, by more than the rounds of both spread."""
    before = {(title, figure.name): figure for title, figure in _figures(last)}
    found = []
    for title, figure in _figures(parts):
        for variant in filter(_is_ours, figure.values):
            now = figure.ratio(variant)
            then = before[title, figure.name].ratio(variant) if (title, figure.name) in before else None
            if now and then and figure.is_worse(now, then):
                found.append(
                    f"{title}, {figure.name}: {variant} has {_ratio(now)} of {figure.bases[variant]}, was {_ratio(then)}"
                )
    return found


def _figures(parts: Parts) -> Iterable[tuple[str, Figure]]:
    return ((title, figure) for title, figures in parts.items() for figure in figures)


def _is_ours(variant: str) -> bool:
    return variant.startswith((OURS, "GET "))


def _part(figures: Sequence[Figure]) -> str:
    variants = list(dict.fromkeys(variant for figure in figures for variant in figure.values))
    bases: Mapping[str, str] = figures[0].bases
    head = ("", "beside", *(f"{figure.name}{f' ({figure.unit})' if figure.unit else ''}" for figure in figures))
    return _grid(
        head, ((variant, bases.get(variant, ""), *(_cell(figure, variant) for figure in figures)) for variant in variants)
    )


def _cell(figure: Figure, variant: str) -> str:
    if variant not in figure.values:
        return ""
    value = Spread.of(figure.values[variant])
    text = f"{value.middle:,.0f}" if value.middle >= 100 else f"{value.middle:.3g}"
    ratio = figure.ratio(variant)
    return f"**{_ratio(ratio)}** · {text}{_behind(figure, variant)}" if ratio else text


def _behind(figure: Figure, variant: str) -> str:
    """Says so where one of ours is worse than its base, or than another gateway beside that, by more than the rounds spread."""
    base = figure.bases[variant]
    rivals = {base: "", **{name: f" {name}" for name in GATEWAYS if figure.bases.get(name) == base}}
    worse = []
    for rival, shown in rivals.items():
        ratio = figure.ratio(variant, rival)
        if _is_ours(variant) and ratio and figure.is_worse(ratio, Spread(1, 1, 1)):
            worse.append(f" · behind{shown}")
    return "".join(worse)


def _ratio(ratio: Spread) -> str:
    """A ratio with the lowest and the highest of the rounds."""
    return f"{ratio.middle:.3g} x ({ratio.lowest:.3g}–{ratio.highest:.3g})"


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) or "Nothing."
