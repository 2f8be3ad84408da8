"""Reports and comparisons as Markdown, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from rag.evaluation.compare import Comparison
from rag.evaluation.intervals import Estimate
from rag.evaluation.report import ERRORS, MEASURES, TIMES, Report, SetResult
from rag.types import Language

# What a table by kind shows: all measures would not fit a page.
_BY_KIND = ("page@1", "page@5", "citation_precision", "right", "refused", "answered")
_HEADS = {
    "fr": ("mesure", "valeur (n ; intervalle à 95 %)", "genre"),
    "en": ("measure", "value (n; 95 % interval)", "kind"),
}


def report(found: Report, language: Language) -> str:
    """Return the tables of all sets."""
    return "\n\n".join(_set(found, result, language) for result in found.sets)


def _set(found: Report, result: SetResult, language: Language) -> str:
    place = _place(language)
    measure, value, _ = _HEADS[language]
    rows = [(MEASURES[name][place], shown(mean)) for name in MEASURES if (mean := result.estimate(name))]
    for name in TIMES:
        if (times := result.percentiles(name)) is not None:
            rows.append((f"{TIMES[name][place]}, p50 / p95", f"{times[0]:.0f} / {times[1]:.0f} ms"))
    if result.left_out:
        label = ("questions sans passage attendu dans l'index", "questions without a right passage in the index")[place]
        rows.append((label, str(result.left_out)))
    table = markdown([f"{result.name} · {measure}", value], [list(row) for row in rows])
    parts = [_made_with(found, language), table]
    if kinds := result.kinds():
        parts.append(_kinds(result, kinds, language))
    return "\n\n".join(parts)


def _made_with(found: Report, language: Language) -> str:
    parts = [found.model, found.embedder, found.reranker, found.made[:10]]
    return " · ".join(part for part in parts if part)


def _kinds(result: SetResult, kinds: Sequence[str], language: Language) -> str:
    shown = [name for name in _BY_KIND if result.estimate(name)]
    heads = [_HEADS[language][2], "n", *(MEASURES[name][_place(language)] for name in shown)]
    rows = []
    for kind in kinds:
        own = result.of_kind(kind)
        means = [own.estimate(name) for name in shown]
        rows.append([kind, str(len(own.outcomes)), *("–" if mean is None else f"{mean.mean:.2f}" for mean in means)])
    return markdown(heads, rows)


def comparisons(found: Sequence[Comparison], language: Language) -> str:
    """Return a table of differences; second minus first, with its interval and p."""
    heads = {
        "fr": ["jeu", "mesure", "avant", "après", "écart (intervalle à 95 %)", "mieux / moins bien", "p (test)"],
        "en": ["set", "measure", "before", "after", "difference (95 % interval)", "better / worse", "p (test)"],
    }[language]
    rows = []
    for c in found:
        d = c.difference
        split = (d.worse, d.better) if c.measure in ERRORS else (d.better, d.worse)
        rows.append([
            c.set, MEASURES[c.measure][_place(language)], f"{c.first:.3f}", f"{c.second:.3f}",
            f"{d.mean:+.3f} ({d.low:+.3f} ; {d.high:+.3f}), n = {d.count}", f"{split[0]} / {split[1]}",
            f"{d.p:.4f} ({d.test})",
        ])  # fmt: skip
    return markdown(heads, rows)


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def shown(found: Estimate) -> str:
    """Return a mean with its count and interval."""
    return f"{found.mean:.3f} ({found.count}; {found.low:.3f}–{found.high:.3f})"


def _place(language: Language) -> int:
    return 0 if language == "fr" else 1
