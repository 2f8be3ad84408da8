"""What `auto` takes by the memory that is free and the pace that can be read, and what it says of the others."""

from dataclasses import replace
from pathlib import Path

import pytest

from models.auto import READABLE, Verdict, judge
from models.catalogue import find, read_catalogue
from models.gguf_files import Candidate
from models.gguf_header import Header
from models.hardware import Machine
from rag.settings import Settings

MACHINE = Machine(system="Linux x86_64", cores=2, memory=16_000, free=8000, instructions=())
HEADER = Header("llama", "m", 4096, 40, 0, True, 1, 1)


def candidate(file: Path, megabytes: int, *, entry: str = "", header: Header = HEADER) -> Candidate:
    """A file that says it is as large as wanted without filling the disk."""
    with file.open("wb") as stream:
        stream.truncate(megabytes * 1_000_000)
    return Candidate(file, header, find(read_catalogue(), entry))


def judged(*found: Candidate, machine: Machine = MACHINE, gigabytes: float = 100.0) -> list[Verdict]:
    """Return the verdicts with a memory that moves so many GB a second."""
    return judge(found, machine, Settings(), lambda: gigabytes * 1e9)


def test_the_catalogue_goes_first_then_size_and_what_is_not_free_is_left_out(tmp_path: Path) -> None:
    verdicts = judged(
        candidate(tmp_path / "petit.gguf", 500),
        candidate(tmp_path / "moyen.gguf", 2000),
        candidate(tmp_path / "enorme.gguf", 9000),  # fits into the machine, not into what is free of it
        candidate(tmp_path / "c1.gguf", 1000, entry="qwen3-1.7b"),
        candidate(tmp_path / "c2.gguf", 1500, entry="smollm3-3b"),
    )
    assert [(one.candidate.file.name, one.state) for one in verdicts] == [
        ("c2.gguf", "taken"), ("c1.gguf", "reserve"), ("moyen.gguf", "reserve"), ("petit.gguf", "reserve"),
        ("enorme.gguf", "too_large"),
    ]  # fmt: skip
    fits = "tient dans la mémoire libre ({} Mo sur 6800 utilisables), sans carte graphique, environ {} unités/s"
    assert [one.reason for one in verdicts] == [
        fits.format(2100, "66,7"),
        "en réserve, plus petit que smollm3-3b : " + fits.format(1600, "100,0"),
        "en réserve, hors catalogue : " + fits.format(2600, "50,0"),
        "en réserve, hors catalogue : " + fits.format(1100, "200,0"),
        "trop grand pour la mémoire libre : il faut 9600 Mo, 6800 sont utilisables en ce moment "
        "(8000 libres sur 16000)",
    ]


def test_a_model_slower_than_one_reads_gives_way_to_a_faster_one(tmp_path: Path) -> None:
    large, small = candidate(tmp_path / "grand.gguf", 5000), candidate(tmp_path / "petit.gguf", 1000)
    assert judged(large, small)[0].candidate == large
    taken, slow = judged(large, small, gigabytes=10)
    assert (taken.candidate, taken.state, taken.speed) == (small, "taken", 10.0)
    assert (slow.candidate, slow.state, slow.speed) == (large, "slow", 2.0)
    assert slow.reason == "trop lent, environ 2,0 unités/s : on en lit 5 par seconde sans attendre"
    assert slow.fits  # it is still tried when the other one cannot be opened


def test_slowness_alone_never_leaves_nobody_to_write(tmp_path: Path) -> None:
    large, small = candidate(tmp_path / "grand.gguf", 5000), candidate(tmp_path / "petit.gguf", 1000)
    first, second = judged(large, small, gigabytes=2)
    assert (first.candidate, first.state) == (small, "taken")
    assert (first.speed or 0.0) < READABLE and "aucun autre n'est plus rapide" in first.reason
    assert (second.candidate, second.state) == (large, "slow")


def test_a_model_that_holds_no_question_is_the_last_resort(tmp_path: Path) -> None:
    short = candidate(tmp_path / "court.gguf", 2000, header=replace(HEADER, context=512))
    slow = candidate(tmp_path / "lent.gguf", 5000)
    taken, other = judged(short, slow, gigabytes=10)
    assert (taken.candidate, taken.state) == (slow, "taken")
    assert (other.candidate, other.state, other.fits) == (short, "narrow", True)
    assert other.reason == "contexte trop court (512 unités, il en faut 1024)"
    (alone,) = judged(short)
    assert alone.state == "taken" and alone.reason.endswith("contexte trop court (512 unités, il en faut 1024), mais "
                                                            "aucun autre n'est là")  # fmt: skip


def test_nothing_is_measured_where_there_is_nothing_to_choose(tmp_path: Path) -> None:
    def measured() -> float:
        raise AssertionError("measured for nothing")

    (only,) = judge([candidate(tmp_path / "seul.gguf", 1000)], MACHINE, Settings(), measured)
    assert (only.state, only.speed) == ("taken", None)
    assert judge([], MACHINE, Settings(), measured) == []


def test_what_lies_on_the_card_is_not_slow_and_what_stays_beside_it_is(tmp_path: Path) -> None:
    large, small = candidate(tmp_path / "grand.gguf", 5000), candidate(tmp_path / "petit.gguf", 1000)
    card = replace(MACHINE, gpu="NVIDIA", gpu_memory=24_000)
    assert [(one.candidate, one.speed) for one in judged(large, small, machine=card, gigabytes=2)] == [
        (large, None), (small, None),
    ]  # fmt: skip
    half = replace(MACHINE, gpu="NVIDIA", gpu_memory=24_000, gpu_free=2800)  # 20 of its 40 layers
    assert {one.candidate: one.speed for one in judged(large, small, machine=half, gigabytes=10)}[large] == 4.0
    # a card that llama.cpp has no use for does not make it quick
    absent = replace(card, gpu_served=False)
    assert judged(large, small, machine=absent, gigabytes=10)[0].candidate == small


def test_of_a_mixture_only_the_experts_in_use_are_read(tmp_path: Path) -> None:
    mixture = candidate(tmp_path / "experts.gguf", 5000, header=replace(HEADER, active=0.1))
    small = candidate(tmp_path / "petit.gguf", 1000)
    first, _ = judged(mixture, small, gigabytes=10)
    assert first.candidate == mixture and first.speed == pytest.approx(20.0)


def test_a_file_too_large_says_so_in_both_languages(tmp_path: Path) -> None:
    (verdict,) = judged(candidate(tmp_path / "enorme.gguf", 9000))
    problem = verdict.problem()
    assert "'enorme.gguf' n'est pas chargé, trop grand pour la mémoire libre : il faut 9600 Mo" in problem.fr
    assert "needs 9600 MB" in problem.en
