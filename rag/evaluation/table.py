"""Reports and comparisons as Markdown, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rag.evaluation.compare import Comparison
from rag.evaluation.intervals import Difference, Estimate
from rag.evaluation.leaderboard import COSTS, QUALITY, SCORE, Leaderboard
from rag.evaluation.report import ERRORS, MEASURES, TIMES, Report, SetResult
from rag.types import Language

# What a table by kind shows: all measures would not fit a page.
_BY_KIND = ("page@1", "page@5", "citation_precision", "right", "refused", "answered")
_SEMICOLON = {"fr": " ;", "en": ";"}
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
    rows = [(MEASURES[name][place], shown(mean, language)) for name in MEASURES if (mean := result.estimate(name))]
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
        cells = ("–" if mean is None else number(mean.mean, ".2f", language) for mean in means)
        rows.append([kind, str(len(own.outcomes)), *cells])
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
            c.set, MEASURES[c.measure][_place(language)],
            number(c.first, ".3f", language), number(c.second, ".3f", language),
            _difference(d, language), f"{split[0]} / {split[1]}", f"{number(d.p, '.4f', language)} ({d.test})",
        ])  # fmt: skip
    return markdown(heads, rows)


# name: (French, English)
_COLUMNS = {
    SCORE: ("questions bien traitées", "questions dealt with rightly"),
    "seconds": ("secondes par question", "seconds a question"),
    "tokens_in": ("unités lues", "tokens read"),
    "tokens_out": ("unités écrites", "tokens written"),
}

_ENOUGH = (
    "Le plus petit modèle que rien ne distingue du meilleur : ",
    "The smallest model that cannot be told from the best: ",
)


def leaderboard(found: Leaderboard, energy: str, language: Language) -> str:
    """Return the table of models, the tests, and the one line that says which is enough; `energy` is what was
    measured, or why nothing was."""
    place = _place(language)
    names = [contestant.name for contestant in found.contestants]
    rows = [
        [(_COLUMNS.get(measure) or MEASURES[measure])[place], *_cells(found, measure, language)]
        for measure in (*QUALITY, *COSTS)
        if measure != "joules" and any(contestant.estimate(measure) for contestant in found.contestants)
    ]
    missing = ("non mesuré", "not measured")[place]
    spent = [contestant.wh_per_100() for contestant in found.contestants]
    rows.append([
        ("Wh pour 100 questions", "Wh for 100 questions")[place],
        *(missing if wh is None else number(wh, ".2f", language) for wh in spent),
    ])  # fmt: skip
    rows.append([
        ("fichier, Mo", "file, MB")[place],
        *(number(one.megabytes, ".1f", language) if one.size else "–" for one in found.contestants),
    ])  # fmt: skip
    parts = [markdown([_HEADS[language][0], *names], rows), f"{('Énergie : ', 'Energy: ')[place]}{energy}."]
    if found.tests:
        parts += [_tests(found, language), _caution(found, language)]
    parts.append(f"{_ENOUGH[place]}{found.smallest.name}")
    return "\n\n".join(parts)


def _cells(found: Leaderboard, measure: str, language: Language) -> list[str]:
    means = [contestant.estimate(measure) for contestant in found.contestants]
    if measure in COSTS:
        tenths = partial(number, spec=".1f", language=language)
        return ["–" if m is None else f"{tenths(m.mean)} ({tenths(m.low)}–{tenths(m.high)})" for m in means]
    return ["–" if mean is None else shown(mean, language) for mean in means]


def _tests(found: Leaderboard, language: Language) -> str:
    best = found.contestants[0].name
    heads = {
        "fr": [f"contre {best}", "mesure", "écart (intervalle à 95 %)", "p (test)", "p corrigé (Holm)", "se distingue"],
        "en": [f"against {best}", "measure", "difference (95 % interval)", "p (test)", "corrected p (Holm)", "differs"],
    }[language]
    place = _place(language)
    rows = []
    for test in found.tests:
        d = test.difference
        rows.append([
            test.model, (_COLUMNS.get(test.measure) or MEASURES[test.measure])[place],
            _difference(d, language), f"{number(d.p, '.4f', language)} ({d.test})",
            number(test.holm, ".4f", language), (("non", "no")[place], ("oui", "yes")[place])[test.worse],
        ])  # fmt: skip
    return markdown(heads, rows)


def _caution(found: Leaderboard, language: Language) -> str:
    asked = len(found.contestants[0].outcomes)
    place = _place(language)
    if asked < found.visible:
        return (
            f"{asked} questions ne suffisent pas à distinguer un modèle d'un autre, quoi qu'ils répondent : il en faut "
            f"au moins {found.visible}, et bien plus pour un petit écart. La ligne qui suit ne dit donc rien encore.",
            f"{asked} questions cannot tell one model from another, whatever they answer: at least {found.visible} are "
            "needed, and many more for a small difference. So the next line says nothing yet.",
        )[place]
    return (
        f"Avec {asked} questions, un modèle ne se distingue du meilleur que s'il en manque au moins "
        f"{found.visible} de plus ; « rien ne distingue » ne veut pas dire « égal ».",
        f"With {asked} questions, a model can be told from the best only if it misses at least {found.visible} more; "
        "“cannot be told” does not mean “equal”.",
    )[place]


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def shown(found: Estimate, language: Language) -> str:
    """Return a mean with its count and interval."""
    mean, low, high = (number(value, ".3f", language) for value in (found.mean, found.low, found.high))
    return f"{mean} ({found.count}{_SEMICOLON[language]} {low}–{high})"


def _difference(found: Difference, language: Language) -> str:
    mean, low, high = (number(value, "+.3f", language) for value in (found.mean, found.low, found.high))
    return f"{mean} ({low}{_SEMICOLON[language]} {high}), n = {found.count}"


def number(value: float, spec: str, language: Language) -> str:
    """Return a number as the language writes it; `spec` is that of `format`."""
    text = format(value, spec)
    return text.replace(".", ",") if language == "fr" else text


def _place(language: Language) -> int:
    return 0 if language == "fr" else 1
