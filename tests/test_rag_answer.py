"""What a model wrote is untrusted: sentences, labels that exist, and a stream that shows the same as the whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Draft, LabelFilter, drafts, numbering


def found(text: str, count: int = 9) -> list[tuple[str, tuple[int, ...]]]:
    return [(draft.text, draft.labels) for draft in drafts(text, count)]


def test_each_sentence_keeps_its_own_labels() -> None:
    assert found("La cotisation est de 120 euros [S1]. Elle est due en janvier [S3].") == [
        ("La cotisation est de 120 euros.", (1,)),
        ("Elle est due en janvier.", (3,)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Elle est due en janvier. [S1] Le quorum est du quart. [S2]",
        "Elle est due en janvier.[S1] Le quorum est du quart.[S2]",
        "Elle est due en janvier. [S1]. Le quorum est du quart. [S2].",
        "Elle est due en janvier [S1]. Le quorum est du quart [S2].",
        "Elle est due en janvier [s1]. Le quorum est du quart [ S2 ].",
        "Elle est due en janvier.\n[S1]\nLe quorum est du quart.\n[S2]",
        "- Elle est due en janvier. [S1]\n- Le quorum est du quart. [S2]\n",
        "1. Elle est due en janvier. [S1]\n\n2) Le quorum est du quart. [S2]",
        "- Elle est due en janvier [S1].\n- Le quorum est du quart [S2].",
        "1. Elle est due en janvier [S1].\n2. Le quorum est du quart [S2].",
        "* **Elle** est due en `janvier` [S1].\n\n* Le __quorum__ est du quart [S2].",
        "Elle est due en janvier [S1]. Le quorum est du quart [S2] [S2][S2].",
    ],
)
def test_ways_to_write_two_labelled_sentences(text: str) -> None:
    assert found(text) == [("Elle est due en janvier.", (1,)), ("Le quorum est du quart.", (2,))]


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        ("[S1, S3]", (1, 3)),
        ("[S3;S1]", (3, 1)),
        ("[S1][S3]", (1, 3)),
        ("[S1] [S3]", (1, 3)),
        ("[S1, 3]", (1, 3)),
        ("[S1, S1]", (1,)),
    ],
)
def test_labels_are_read_in_groups_each_once_in_order(written: str, labels: tuple[int, ...]) -> None:
    assert found(f"Elle est due {written}.") == [("Elle est due.", labels)]
    assert found(f"Elle est due. {written}") == [("Elle est due.", labels)]


@pytest.mark.parametrize("written", ["[S0]", "[0]", "[999999]", "[S10]", "[S" + "9" * 30 + "]"])
def test_labels_that_do_not_exist_are_dropped(written: str) -> None:
    assert found(f"Elle est due {written}.") == [("Elle est due.", ())]


def test_a_label_that_does_not_exist_spoils_no_other() -> None:
    assert found("Elle est due [S2, S77, S1].", 2) == [("Elle est due.", (2, 1))]
    assert found("Elle est due [S1].", 0) == [("Elle est due.", ())]


@pytest.mark.parametrize(
    "text",
    [
        "Voir l'art. 12 des statuts [S1].",
        "L'article L. 1234-5 s'applique à M. Durand [S1].",
        "Le seuil est au max. 3 jours [S1].",
        "Voir p. 12 et al. 3 [S1].",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize("start", ["À défaut", "École fermée", "Œuvre", "« Les membres »", "12 jours", "Être membre"])
def test_a_sentence_may_begin_with_an_accent_a_quote_or_a_number(start: str) -> None:
    assert found(f"C'est prévu [S1]. {start} suffit [S2].") == [("C'est prévu.", (1,)), (f"{start} suffit.", (2,))]


def test_a_number_may_be_a_sentence_of_its_own() -> None:
    assert found("Combien ? 120. Elle est due [S1].") == [("Combien ?", ()), ("120.", ()), ("Elle est due.", (1,))]


def test_decimals_and_amounts_stay_whole() -> None:
    assert found("Le taux est de 44.2 % et 1 200,50 euros [S1].") == [
        ("Le taux est de 44.2 % et 1 200,50 euros.", (1,))
    ]


def test_markdown_is_taken_off_and_other_text_stays() -> None:
    assert found("## Réponse\n**Le calage** est à `2*3` mm.") == [("Réponse", ()), ("Le calage est à 2*3 mm.", ())]


@pytest.mark.parametrize("text", ["", "  \n ", "[S1]", "[S1][S2].", "…", "***", "- \n- "])
def test_an_answer_without_a_word_has_no_sentences(text: str) -> None:
    assert drafts(text, 3) == ()


@given(st.text(alphabet="AÉaé1. [S]3,;!\n-*«»", max_size=80))
def test_whatever_is_written_labels_exist_and_texts_have_words(text: str) -> None:
    for draft in drafts(text, 3):
        assert set(draft.labels) <= {1, 2, 3} and len(set(draft.labels)) == len(draft.labels)
        assert re.search(r"\w", draft.text) and "\n" not in draft.text


PIECES = st.lists(
    st.sampled_from(
        [
            "Elle est due ",
            "[S1]",
            "[S2, S3]",
            "[s 4]",
            "[",
            "]",
            "[S",
            "[S9]",
            "[0]",
            "[999999]",
            "[S1, S2, S3, S4, S1, S2, S3]",
            "[voir]",
            ". ",
            "1",
            " ",
        ]
    ),
    max_size=15,
).map("".join)


@given(PIECES, st.data())
def test_the_stream_shows_the_same_however_the_text_is_split(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    whole, split = LabelFilter(4), LabelFilter(4)
    expected = whole.feed(text) + whole.flush()
    shown = ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        shown += split.feed(text[start:end])
    assert shown + split.flush() == expected


def test_the_stream_numbers_labels_by_first_use() -> None:
    stream = LabelFilter(5)
    assert stream.feed("Un [S4]. Deux [S2][S4]. Trois [S9].") + stream.flush() == "Un [1]. Deux [2][1]. Trois ."


def test_the_stream_numbers_as_the_checked_answer_does() -> None:
    text = "Un [S4]. Deux [S2, S4]. Trois [S5]."
    numbers = numbering(draft.labels for draft in drafts(text, 5))
    stream = LabelFilter(5)
    shown = stream.feed(text) + stream.flush()
    assert numbers == {4: 1, 2: 2, 5: 3}
    assert shown == "Un [1]. Deux [2][1]. Trois [3]."


def test_only_what_may_become_a_label_is_held_back() -> None:
    stream = LabelFilter(3)
    assert stream.feed("Voir [S") == "Voir "
    assert stream.feed("2") == ""
    assert stream.feed("] et [") == "[1] et "
    assert stream.feed("note") == "[note"
    assert stream.flush() == ""


def test_an_unfinished_label_is_shown_at_the_end() -> None:
    stream = LabelFilter(3)
    assert stream.feed("Voir [S") + stream.flush() == "Voir [S"


def test_numbering_of_nothing_is_empty() -> None:
    assert numbering([]) == {}
    assert numbering([(), (3,), (1, 3)]) == {3: 1, 1: 2}
    assert Draft("x", ()).labels == ()


def test_a_footnote_mark_without_the_letter_is_no_label_and_is_not_shown() -> None:
    assert drafts("Le quorum est du quart [2] [S1].", 3) == (Draft("Le quorum est du quart.", (1,)),)
    stream = LabelFilter(3)
    assert stream.feed("Le quorum [2] est du quart [S3].") + stream.flush() == "Le quorum  est du quart [1]."


def test_a_label_of_ten_thousand_digits_is_dropped() -> None:
    assert drafts(f"Le quorum est du quart [S{'9' * 10_000}].", 3) == (Draft("Le quorum est du quart.", ()),)
