"""The soak of a quarter of a minute: members ask as the page asks, some leave, and nothing of the server grows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.soak import Sample, Soak, serving


def test_a_short_soak_is_flat(tmp_path: Path) -> None:
    with serving("scripted", tmp_path) as (address, pid):
        soak = Soak(address, pid)
        soak.run(members=6, seconds=15, every=0.75)
        assert soak.verdict(6) == []
    assert soak.asked >= 6
    assert all(sample.rss > 1 << 20 and sample.descriptors > 3 and sample.threads > 0 for sample in soak.samples)


@pytest.mark.parametrize(("name", "step"), [("rss", 4 << 20), ("descriptors", 3), ("threads", 2)])
def test_what_grows_is_named(name: str, step: int) -> None:
    flat = Sample(0, 0, 100 << 20, 30, 9)
    soak = Soak("", 0)
    soak.samples = [replace(flat, asked=n, **{name: getattr(flat, name) + n * step}) for n in range(24)]
    (said,) = soak.verdict(5)
    assert said.startswith(f"{name} grew")
    assert (soak.slope() > 0) == (name == "rss")
