"""The table of a run: ratios first, then what fell behind, and which goals are met."""

from collections.abc import Iterable, Mapping, Sequence

from bench import goals
from bench.figures import Figure, Parts, Spread
from bench.serving import OURS, UPSTREAM


def table(parts: Parts, header: Sequence[str], last: Parts | None) -> str:
    """A run as Markdown.

    Parameters: `header`, lines that say what was run, when and where; `last`, the figures of the last committed run, None where there
    are none.
    """
    sections = ["# Comparisons", "\n".join(header)]
    sections += [_grid(("goal", "wanted", "reached", ""), goals.rows(parts))]
    sections += [
        "## What fell behind the last table",
        _list(fell_behind(parts, last) if last else ["There is no table to compare with."]),
    ]
    sections += ["## Where ionet-edge is behind", _list(behind(parts))]
    for title, figures in parts.items():
        sections += [f"## {title}", _part(figures)]
    return "\n\n".join(sections) + "\n"


def behind(parts: Parts) -> list[str]:
    """In what ours is worse than what it is held against, or than another gateway, by more than the rounds spread; a line a figure."""
    found = []
    for title, figure in _figures(parts):
        pairs = ((variant, other) for variant in filter(_is_ours, figure.values) for other in _others(figure, variant))
        ratios = ((variant, other, figure.ratio(variant, other)) for variant, other in pairs)
        worse = [
            f"{variant} {_ratio(ratio)} of {other}"
            for variant, other, ratio in ratios
            if ratio and figure.is_worse(ratio, Spread(1, 1, 1))
        ]
        if worse:
            found.append(f"{title}, {figure.name}: {'; '.join(worse)}")
    return found


def _others(figure: Figure, variant: str) -> list[str]:
    """The base of a variant of ours, and what is held against the same base; but the upstream, which is no gateway."""
    base = figure.bases.get(variant)
    if base is None:
        return []
    return [base, *(other for other, its in figure.bases.items() if its == base and not _is_ours(other) and other != UPSTREAM)]


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
    return f"**{_ratio(ratio)}** · {text}" if ratio else text


def _ratio(ratio: Spread) -> str:
    """A ratio with the lowest and the highest of the rounds."""
    return f"{ratio.middle:.3g} x ({ratio.lowest:.3g}–{ratio.highest:.3g})"


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) or "Nothing."
