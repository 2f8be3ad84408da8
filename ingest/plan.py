"""What has to be done about each file, from what is on disk and what the live generation says. Pure.

Identity is the path, version is the hash of the bytes: a file that was only touched is unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.discover import Found
from rag.types import FileReport, FileStatus, group_of

# What ended like this may end better next time, without any change of the file.
_TRIED_AGAIN: frozenset[FileStatus] = frozenset({"timeout", "crashed", "changing"})
# The same, once there is an OCR that the live generation was built without.
_LACKING_OCR: frozenset[FileStatus] = frozenset({"needs_ocr", "partial"})
# The same, once the limits on reading are others.
_STOPPED: frozenset[FileStatus] = frozenset({"too_big", "partial"})
GOOD: frozenset[FileStatus] = frozenset({"added", "updated", "unchanged"})


@dataclass(frozen=True, slots=True)
class Step:
    """A file and what to do: read it, copy what is known of it, leave it out as a twin of `twin`, wait until whoever
    copies it has done, or refuse it for what `found` says.

    `known` is what the live generation says of this path, of whatever version."""

    found: Found
    sha256: str
    action: Literal["read", "copy", "skip", "wait", "refuse"]
    known: FileReport | None = None
    twin: str = ""

    @property
    def is_news(self) -> bool:
        """Whether the live generation does not already say this."""
        if self.action == "skip":
            return self.known is None or self.known.status != "duplicate" or self.known.sha256 != self.sha256
        if self.action == "wait":
            return self.known is None or self.known.status != "changing"
        if self.action == "refuse":
            return self.known is None or self.known.message != self.found.refused
        return self.action == "read"


def plan(
    files: Sequence[tuple[Found, str]],
    known: Mapping[str, FileReport],
    moving: Collection[str] = (),
    *,
    ocr_is_new: bool = False,
    limits_are_new: bool = False,
) -> tuple[Step, ...]:
    """Return one step a file (given with its hash, "" if it could not be read), in the same order.

    `moving` are the paths of files that somebody is still copying; `ocr_is_new` has files that may lack OCR read
    again, `limits_are_new` those that a limit stopped.
    """
    again = {*_TRIED_AGAIN, "duplicate", *(_LACKING_OCR if ocr_is_new else ()), *(_STOPPED if limits_are_new else ())}
    first: dict[tuple[str, str | None], str] = {}
    steps = []
    for found, sha256 in files:
        report = known.get(found.path)
        if found.refused:
            steps.append(Step(found, sha256, "refuse", report))
            continue
        if found.path in moving:
            steps.append(Step(found, sha256, "wait", report))
            continue
        if not sha256:  # nothing is known of its bytes, so it has no twin
            steps.append(Step(found, sha256, "read", report))
            continue
        # the same bytes in two reading groups are two records, or one group would lose its copy
        twin = first.setdefault((sha256, group_of(found.path)), found.path)
        if twin != found.path:
            steps.append(Step(found, sha256, "skip", report, twin))
        elif report and report.sha256 == sha256 and report.status not in again:
            steps.append(Step(found, sha256, "copy", report))
        else:
            steps.append(Step(found, sha256, "read", report))
    return tuple(steps)


def removed(files: Sequence[tuple[Found, str]], known: Mapping[str, FileReport]) -> tuple[FileReport, ...]:
    """Return a report for each file that the live generation knows and that is gone."""
    present = {found.path for found, _ in files}
    return tuple(FileReport(path, known[path].sha256, "removed") for path in sorted(known.keys() - present))
