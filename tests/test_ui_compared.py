"""What a comparison shows first, and how short: ui/documents/compared.py."""

from __future__ import annotations

from dataclasses import replace

from rag.differences import Change, Changed, Differences, Run
from rag.types import Source
from tests.fakes import sentence
from ui.documents.compared import GAP, SHOWN, Part, compared, pieces

LONG = (
    "L’ouvrier qui prend son déjeuner hors de sa résidence habituelle, en raison de l’éloignement du chantier, perçoit"
)


def changed(old: str, new: str, *figures: Changed, section: str = "Repas") -> Change:
    runs = (
        (Run("Il est dû", changed=False), Run(old, changed=True)),
        (Run("Il est dû", changed=False), Run(new, changed=True)),
    )
    return Change("changed", sentence(f"Il est dû {old}"), sentence(f"Il est dû {new}"), section, *runs, figures)


def told(parts: list[Part]) -> list[str]:
    return [change.new.text if change.new else "" for _, changes in parts for change in changes]


def of(*changes: Change) -> Differences:
    return Differences(Source("a.pdf", "a", "A"), Source("b.pdf", "b", "B"), changes, 0, "gen")


AMOUNT = changed("10 €", "11 €", Changed("amount", "10 €", "11 €"))
DATE = changed("1er mars 2024,", "1er mars 2025,", Changed("date", "1er mars 2024", "1er mars 2025"))
ADDED = Change(
    "added", None, sentence("Une indemnité est créée."), "Trajet", (), (Run("Une indemnité est créée.", changed=True),)
)


def test_figures_come_first_and_dates_and_headings_last() -> None:
    heading = replace(changed("2024", "2025"), heading=True)
    moved = replace(AMOUNT, kind="moved")
    words = changed("peut", "doit")
    shown = compared(of(heading, DATE, ADDED, words, moved, AMOUNT))
    assert told(shown.figures) == ["Il est dû 11 €"]
    assert told(shown.words) == ["Une indemnité est créée.", "Il est dû doit"]
    assert [heading for heading, _ in shown.words] == ["Trajet", "Repas"]
    assert (told(shown.minor), shown.minor_count) == (["Il est dû 2025", "Il est dû 1er mars 2025,"], 2)
    assert shown.moved == [moved] and not shown.left_out


def test_a_sentence_in_which_more_than_a_date_changed_is_not_put_aside() -> None:
    more = changed("au plus tard 1er mars 2024", "avant 1er mars 2025", *DATE.figures)
    shown = compared(of(more))
    assert told(shown.words) == ["Il est dû avant 1er mars 2025"] and not shown.minor


def test_of_too_many_differences_the_lesser_ones_are_left_out() -> None:
    shown = compared(of(*[DATE] * SHOWN, AMOUNT))
    assert told(shown.figures) == ["Il est dû 11 €"] and shown.minor_count == SHOWN - 1 and shown.left_out


def test_a_changed_sentence_is_told_once_without_the_long_parts_that_both_have() -> None:
    both = Run(LONG, changed=False)
    change = replace(AMOUNT, old_runs=(both, Run("10 €", changed=True)), new_runs=(both, Run("11 €", changed=True)))
    (same, kind), gone, come = pieces(change)
    assert kind == "same" and same.startswith("L’ouvrier qui prend son déjeuner") and same.endswith("perçoit")
    assert GAP in same and len(same) < len(LONG)
    assert (gone, come) == (("10\xa0€", "gone"), ("11\xa0€", "come"))
    assert pieces(ADDED) == [("Une indemnité est créée.", "come")]
