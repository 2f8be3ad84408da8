"""What an ingestion did, for people and programs: values, JSON, and a page that stands in the generation's folder.

The page is one file without scripts or foreign requests; every name in it comes from whoever wrote the file, so all
of it is escaped. Knows nothing of how the work is done.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from itertools import groupby, pairwise
from pathlib import Path

from ingest.plan import GOOD
from rag.plural import counted
from rag.types import Edition, FileReport, FileStatus

HTML = "report.html"
JSON = "report.json"

STATUSES: dict[FileStatus, str] = {
    "added": "ajouté", "updated": "mis à jour", "unchanged": "inchangé", "removed": "retiré", "duplicate": "doublon",
    "partial": "partiel", "encrypted": "protégé", "needs_ocr": "à océriser", "damaged": "endommagé",
    "not_pdf": "pas un PDF", "empty": "vide", "timeout": "trop long", "too_big": "trop gros", "crashed": "illisible",
    "changing": "en cours de copie",
}  # fmt: skip
_PLACES = {"title": "le titre", "name": "le nom du fichier", "page": "la première page"}
_WELL: frozenset[FileStatus] = frozenset({*GOOD, "removed", "duplicate"})


@dataclass(frozen=True, slots=True)
class Result:
    """What an ingestion did. `published` is False when nothing had changed; then `generation` is the live one."""

    generation: str
    published: bool
    seconds: float
    pages: int
    chunks: int
    files: tuple[FileReport, ...]
    editions: tuple[Edition, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every file of the corpus is wholly indexed; twins and removed files count as such."""
        return all(file.status in _WELL for file in self.files)


def as_dict(result: Result) -> dict[str, object]:
    """Return what `python -m ingest --json` says: see `docs/commands.md`."""
    return {
        "generation": result.generation,
        "published": result.published,
        "seconds": round(result.seconds, 3),
        "pages": result.pages,
        "chunks": result.chunks,
        "files": [asdict(file) for file in result.files],
        "versions": [_family(family) for family in families(result.editions)],
    }


def families(editions: Iterable[Edition]) -> list[list[Edition]]:
    """Return the editions of each document, oldest first."""
    return [list(family) for _, family in groupby(editions, key=lambda edition: edition.family)]


def _family(editions: Sequence[Edition]) -> dict[str, object]:
    files = [
        {"path": e.source.path, "rank": e.rank, "date": e.date, "number": e.number, "place": e.place} for e in editions
    ]
    return {"files": files, "message": advice(editions)}


def chain(editions: Sequence[Edition]) -> str:
    """Return the files of a document, oldest first: "a-2023.pdf → a-2024.pdf"; " = " where the order is unknown."""
    text = editions[0].source.path
    for before, edition in pairwise(editions):
        text += (" → " if 0 <= before.rank < edition.rank else " = ") + edition.source.path
    return text


def advice(editions: Sequence[Edition]) -> str:
    """Return what the admin can do about versions of one document, in French."""
    newest = [edition for edition in editions if edition.rank == editions[-1].rank]
    if len(newest) > 1:
        return (
            "Lequel est le plus récent n'est pas connu, aucun n'est préféré : mettez l'année ou la date dans les noms,"
            " ou retirez ceux qui ne servent plus."
        )
    last = newest[0]
    said = f" (d'après {_PLACES[last.place]})" if last.place else ""
    undated = [edition.source.path for edition in editions if edition.rank < 0]
    more = f" Sans date ni numéro, non comparé : {', '.join(undated)}." if undated else ""
    return (
        f"{last.source.path} est le plus récent{said} et passe en premier dans les réponses. Gardez les anciens pour"
        f" l'historique, ou retirez-les du dossier.{more}"
    )


def write_report(folder: Path, result: Result) -> None:
    """Write `report.json` and `report.html` into the folder of a generation."""
    text = json.dumps(as_dict(result), ensure_ascii=False, indent=1)
    (folder / JSON).write_text(text + "\n", encoding="utf-8")
    (folder / HTML).write_text(as_html(result, datetime.now().astimezone()), encoding="utf-8")


def as_html(result: Result, when: datetime) -> str:
    """Return the page: first what asks for somebody's attention, then remarks, then all files."""
    asks = [file for file in result.files if file.status not in _WELL]
    notes = [file for file in result.files if file.status in _WELL and file.message]
    counts = Counter(file.status for file in result.files)
    told = ", ".join(f"{counts[status]} {name}{'s' if _plural(status, counts) else ''}"
                     for status, name in STATUSES.items() if counts[status])  # fmt: skip
    todo = f"<h2>À faire ({len(asks)})</h2>\n{_table(asks)}" if asks else "<p class=ok>Rien à faire.</p>"
    if notes:
        todo += f"\n<h2>À savoir ({len(notes)})</h2>\n{_table(notes, 'Remarque')}"
    return _PAGE.format(
        when=f"{when:%d/%m/%Y à %H:%M}",
        files=counted(sum(file.status != "removed" for file in result.files), "fichier", "fichiers"),
        pages=counted(result.pages, "page", "pages"),
        chunks=counted(result.chunks, "passage", "passages"),
        seconds=duration(result.seconds),
        generation=escape(result.generation),
        told=escape(told) or "aucun fichier",
        todo=todo,
        versions=_versions(families(result.editions)),
        count=len(result.files),
        table=_table(result.files, "Message"),
    )


def _plural(status: FileStatus, counts: Counter[FileStatus]) -> bool:
    return counts[status] > 1 and " " not in STATUSES[status] and not STATUSES[status].endswith("s")


def duration(seconds: float) -> str:
    """Return a length of time as read in French: "4,2 s", "3 min 05 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s".replace(".", ",")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _table(files: Iterable[FileReport], last: str = "À faire") -> str:
    rows = "\n".join(_row(file, last) for file in files)
    return (
        f"<table><thead><tr><th>Fichier<th>État<th>Pages lues<th>Passages<th>{last}</thead>\n"
        f"<tbody>\n{rows}\n</tbody></table>"
    )


def _versions(found: Sequence[Sequence[Edition]]) -> str:
    if not found:
        return ""
    items = "\n".join(f"<li><b>{escape(chain(editions))}</b><br>{escape(advice(editions))}</li>" for editions in found)
    return f"<h2>Versions d'un même document ({len(found)})</h2>\n<ul>\n{items}\n</ul>"


def _row(file: FileReport, last: str) -> str:
    kind = "ok" if file.status in _WELL else "ko"
    read = f"{file.pages_with_text} / {file.pages}" if file.pages_with_text < file.pages else str(file.pages)
    return (
        f'<tr><td data-h="Fichier">{escape(file.path)}<td data-h="État" class={kind}>{STATUSES[file.status]}'
        f'<td data-h="Pages lues" class=n>{read}<td data-h="Passages" class=n>{file.chunks}'
        f'<td data-h="{last}">{escape(file.message)}</tr>'
    )


# On a phone each row becomes a card: a table of five columns cannot be read at 360 pixels.
_PAGE = """<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Rapport d'indexation</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }}
h1 {{ font-size: 1.4rem; }} h2, summary {{ font-size: 1.1rem; font-weight: 600; margin: 1.5rem 0 .5rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8886; }}
td {{ overflow-wrap: anywhere; }} td.ok, td.ko {{ overflow-wrap: normal; }}
.n {{ text-align: right; white-space: nowrap; }}
.ok {{ color: light-dark(#1b6e3c, #7fd6a0); }} .ko {{ color: light-dark(#a33a00, #ffb38a); font-weight: 600; }}
small {{ opacity: .75; overflow-wrap: anywhere; }}
@media (max-width: 40rem) {{
  thead {{ position: absolute; left: -999rem; }}
  tr, td {{ display: block; }} tr {{ border-bottom: 2px solid #8888; padding: .4rem 0; }}
  td {{ border: 0; padding: .1rem 0; }} .n {{ text-align: left; }} td:empty {{ display: none; }}
  td::before {{ content: attr(data-h) " : "; opacity: .7; font-weight: 400; }}
}}
</style>
</head>
<body>
<h1>Rapport d'indexation du {when}</h1>
<p>{files}, {pages}, {chunks} ; {seconds}.<br>{told}.</p>
{todo}
{versions}
<details><summary>Tous les fichiers ({count})</summary>
{table}
</details>
<p><small>Index {generation}</small></p>
</body>
</html>
"""
