"""What has to be done about each file. Run: python -m pytest tests/test_ingest_plan.py"""

from pathlib import Path

from ingest.discover import Found
from ingest.plan import plan, removed
from rag.types import FileReport, FileStatus


def on_disk(path: str, sha256: str) -> tuple[Found, str]:
    return Found(path, Path("/corpus") / path, size=1, mtime_ns=0), sha256


def known(path: str, sha256: str, status: FileStatus = "added") -> dict[str, FileReport]:
    return {path: FileReport(path, sha256, status)}


def test_a_new_file_is_read() -> None:
    (step,) = plan([on_disk("a.pdf", "1")], {})
    assert (step.action, step.is_news) == ("read", True)


def test_a_file_with_the_same_bytes_is_copied_and_is_no_news() -> None:
    (step,) = plan([on_disk("a.pdf", "1")], known("a.pdf", "1"))
    assert (step.action, step.is_news) == ("copy", False)


def test_a_file_with_other_bytes_is_read_again() -> None:
    (step,) = plan([on_disk("a.pdf", "2")], known("a.pdf", "1"))
    assert step.action == "read"


def test_a_bad_file_that_did_not_change_is_not_tried_again() -> None:
    (step,) = plan([on_disk("a.pdf", "1")], known("a.pdf", "1", "encrypted"))
    assert step.action == "copy"


def test_what_may_end_better_next_time_is_tried_again() -> None:
    for status in ("timeout", "crashed", "changing"):
        (step,) = plan([on_disk("a.pdf", "1")], known("a.pdf", "1", status))
        assert step.action == "read", status


def test_the_second_of_two_equal_files_is_left_out_and_names_the_first() -> None:
    first, second = plan([on_disk("a.pdf", "1"), on_disk("b.pdf", "1")], {})
    assert (first.action, second.action, second.twin) == ("read", "skip", "a.pdf")


def test_equal_files_of_two_reading_groups_are_both_kept() -> None:
    steps = plan([on_disk("bureau/a.pdf", "1"), on_disk("public/a.pdf", "1")], {})
    assert [step.action for step in steps] == ["read", "read"]


def test_a_twin_is_read_once_the_first_is_gone() -> None:
    (step,) = plan([on_disk("b.pdf", "1")], known("b.pdf", "1", "duplicate"))
    assert (step.action, step.is_news) == ("read", True)


def test_files_that_are_gone_are_reported_as_removed() -> None:
    (report,) = removed([on_disk("a.pdf", "1")], {**known("a.pdf", "1"), **known("b.pdf", "2")})
    assert (report.path, report.status) == ("b.pdf", "removed")
