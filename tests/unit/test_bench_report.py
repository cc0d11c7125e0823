"""What `make bench` makes of its figures."""

from bench import goals, report
from bench.figures import Figure, Parts, Spread, from_json, to_json, turns

OURS, BASE = "ionet-edge", "JavaScript"


def parts(*ours: float, base: float = 100, more_is_better: bool = False) -> Parts:
    """One figure of two variants, in as many rounds as there are values of ours."""
    figure = Figure("CPU a request, 8 connections", "µs", {OURS: BASE}, more_is_better)
    for value in ours:
        figure.add(BASE, base)
        figure.add(OURS, value)
    return {"Answers": [figure]}


def test_ratios_are_taken_round_by_round() -> None:
    figure = Figure("time", "ms", {OURS: BASE})
    for ours, base in ((2, 1), (60, 20), (4, 1)):  # the second round was slow for both
        figure.add(OURS, ours)
        figure.add(BASE, base)
    assert figure.ratio(OURS) == Spread(3, 2, 4)


def test_what_was_not_measured_has_no_ratio() -> None:
    assert Figure("time", "ms", {OURS: BASE}, values={OURS: [1]}).ratio(OURS) is None


def test_every_variant_begins_in_turn() -> None:
    assert list(turns("abc", 4)) == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]


def test_only_what_is_worse_by_more_than_the_spread_fell_behind() -> None:
    last = parts(200, 210, 220)
    assert report.fell_behind(parts(219, 230, 240), last) == []
    (line,) = report.fell_behind(parts(221, 230, 240), last)
    assert line == "Answers, CPU a request, 8 connections: ionet-edge has 2.3 x (2.21–2.4) of JavaScript, was 2.1 x (2–2.2)"


def test_more_may_be_better() -> None:
    last = parts(40, 42, more_is_better=True)
    assert report.fell_behind(parts(50, more_is_better=True), last) == []
    assert len(report.fell_behind(parts(39, more_is_better=True), last)) == 1


def test_ours_is_behind_where_each_round_says_so() -> None:
    assert "behind |" not in report.table(parts(99, 300), [], None)
    assert "behind |" in report.table(parts(101, 300), [], None)


def test_ours_may_be_behind_another_gateway_alone() -> None:
    measured = parts(90, 90)
    (figure,) = measured["Answers"]
    figure.bases = {**figure.bases, "Portkey": BASE}
    figure.values["Portkey"] = [80, 80]
    assert "· 90 · behind Portkey |" in report.table(measured, [], None)


def test_a_goal_is_met_or_not() -> None:
    assert [row[1:] for row in goals.rows(parts(270, 280, 400))] == [("at most 2.8 x", "2.8 x", "met")]
    assert [row[3] for row in goals.rows(parts(281))] == ["**not met**"]


def test_the_table_names_the_ratio_first() -> None:
    assert "| ionet-edge | JavaScript | **2.5 x (2–3)** · 250 · behind |" in report.table(parts(200, 300), ["today"], None)


def test_the_figures_come_back_from_their_file() -> None:
    assert from_json(to_json(parts(1.5, 2.5))) == parts(1.5, 2.5)
