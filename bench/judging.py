"""What it costs to have answers judged, after them or before they are given, beside the same Worker whose guard reads questions only."""

import asyncio

from bench import serving
from bench.figures import Parts
from bench.forms import by_length
from bench.serving import GUARDED, JUDGED_AFTER, JUDGED_BEFORE

BESIDE = {JUDGED_AFTER: GUARDED, JUDGED_BEFORE: GUARDED}


def measure(rounds: int) -> Parts:
    with serving.chats([GUARDED, *BESIDE]) as targets:
        return {"Judging answers": asyncio.run(by_length(targets, rounds, BESIDE, stream=True))}
