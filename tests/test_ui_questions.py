"""Questions without an answer, reports and approved answers, as the admin's browser meets them."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.types import Answer, Refusal
from tests.browser.scripted import PATH, QUOTE, ScriptedAssistant, make_pdf
from tests.corpus_house import CorpusHouse
from ui.exchange import Exchange
from ui.feedback import store
from ui.identity import LOCAL, Member
from ui.questions.approvals import ApprovedAnswers, check
from ui.questions.grouping import by_meaning, by_words
from ui.questions.sheet import as_csv
from ui.record import Recorder

ANNA = Member(7, "Anna", "member", frozenset({"public"}))


class House(CorpusHouse):
    """A house with the scripted assistant, and what members asked."""

    def __init__(self, folder: Path) -> None:
        self.assistant = ScriptedAssistant(folder, make_pdf(folder / PATH), pause=0)
        super().__init__(folder, assistant=self.assistant)
        while self.desk.look() is None:
            time.sleep(0.01)
        self.recorder = Recorder(self.database, self.settings)

    def answer(self, question: str, refusal: Refusal = "no_evidence") -> Answer:
        *_, last = self.assistant.ask("Quel prix ?")
        answer: Answer = last.answer  # type: ignore[union-attr]
        return replace(answer, question=question, standalone=question, refusal=refusal)

    def exchange(self, question: str) -> Exchange:
        return Exchange(1, question, "done", answer=self.answer(question))

    def refuse(self, question: str, refusal: Refusal = "no_evidence") -> None:
        self.recorder.answered(ANNA, self.answer(question, refusal), 0)

    def approve(self, act: str = "live", **values: str) -> str:
        form = {"question": "Quelle épaisseur de cales ?\nÉpaisseur des cales ?", "answer": "5 mm.", "path": PATH,
                "page": "2", "quote": QUOTE, "act": act, **values}  # fmt: skip
        return str(self.post("/admin/answers/save", **form).text)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_refused_questions_are_grouped_counted_and_those_for_the_secretariat_come_first(house: House) -> None:
    for question in (
        "Quel est le prix du verre feuilleté ?",
        "quel est le prix du verre feuillete",
        "Qui est le maire ?",
    ):
        house.refuse(question)
    house.refuse("Quelle est la couleur des cales ?", "nothing_supported")
    store.send(house.database, house.exchange("Qui est le maire ?"), "<b>Urgent</b>, canari", ANNA, named=False)
    page = house.client.get("/admin/questions").text
    absent, found = page.split('id="not_supported"')
    assert absent.index("Qui est le maire") < absent.index("verre feuilleté") and "posée 2 fois" in absent
    assert "adressée au secrétariat (1)" in absent and "&lt;b&gt;Urgent&lt;/b&gt;" in absent
    assert "couleur des cales" in found and "Autres formulations (1)" in absent
    assert f"/document/{PATH.replace(' ', '%20').replace('è', '%C3%A8')}#page=2" in absent


def test_the_kind_of_what_was_put_to_the_secretariat_comes_first(house: House) -> None:
    house.refuse("Qui est le maire ?")
    house.refuse("Quelle est la couleur des cales ?", "nothing_supported")
    assert house.client.get("/admin/questions").text.partition('id="not_supported"')[2].count("<article") == 1
    store.send(house.database, house.exchange("Quelle est la couleur des cales ?"), "", ANNA, named=False)
    page = house.client.get("/admin/questions").text
    assert page.index("couleur des cales") < page.index("Qui est le maire")


def test_a_group_is_marked_as_done_and_reopened(house: House) -> None:
    house.refuse("Quel est le prix du verre ?")
    (row,) = house.database.rows("SELECT id FROM open_questions")
    assert "noté" in house.post("/admin/questions/done", ids=str(row["id"])).text
    assert "prix du verre" not in house.client.get("/admin/questions").text
    assert "prix du verre" in house.client.get("/admin/questions?done=1").text
    house.post("/admin/questions/done", ids=f"{row['id']},x,999", state="open")
    assert "prix du verre" in house.client.get("/admin/questions").text
    house.post("/admin/questions/done", ids="1", table="members; DROP TABLE members")
    assert house.database.rows("SELECT COUNT(*) AS n FROM members")[0]["n"] == 0


def test_reports_stand_below_and_useful_ones_do_not(house: House) -> None:
    for question, kind, word in (("Les cales ?", "wrong_source", "Page 3 plutôt."), ("Canari ?", "useful", "canari")):
        store.report(house.database, kind, house.exchange(question), kind, word, None, keep_text=True)
    page = house.client.get("/admin/questions").text
    assert "Mauvaise source" in page and "Page 3 plutôt." in page and "anari" not in page


def test_without_an_assistant_questions_are_grouped_by_words(tmp_path: Path) -> None:
    house = CorpusHouse(tmp_path)
    assert house.client.get("/admin/questions").status_code == 200
    groups = by_words(["Le prix du verre ?", "Quel est le prix du verre", "Qui pose le vitrage ?", "???"])
    assert groups == [[0, 1], [2], [3]]


def test_groups_by_meaning_keep_years_apart() -> None:
    same = np.full((3, 4), 0.5, dtype=np.float32)
    assert by_meaning(["La prime en 2024 ?", "La prime en 2025 ?", "Prime 2024"], same) == [[0, 2], [1]]
    assert by_meaning(["a", "b"], np.eye(2, 4, dtype=np.float32)) == [[0], [1]]


def test_the_export_opens_in_a_spreadsheet_and_does_nothing_there(house: House) -> None:
    for question in ('=HYPERLINK("http://x";"y")', "@SUM(A1)", "-2+3", "Le prix ; du verre ?"):
        house.refuse(question)
    reply = house.client.get("/admin/questions/export.csv")
    assert reply.content.startswith(b"\xef\xbb\xbf") and "attachment" in reply.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 5 and rows[0][1] == "Question"
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=@+-" and cell] and "Le prix ; du verre ?" in cells
    assert as_csv([(" =1", "\t=1", 3, "ok")]).decode("utf-8-sig") == "' =1;'\t'=1;3;ok\r\n"


@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d"])
def test_no_cell_of_the_export_begins_a_formula_whichever_sign_keeps_cells_apart(sign: str, delimiter: str) -> None:
    evil = f"{sign}HYPERLINK(A1)"
    cells = [
        evil,
        f" {evil}",
        f"mot,{evil}",
        f"mot, {evil}",
        f"mot;{evil}",
        f'mot,"{evil}"',
        f"mot\n{evil}",
        f'"{evil}',
    ]
    text = as_csv([cells, [f"a{cell}" for cell in cells]]).decode("utf-8-sig")
    read = [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in row]
    assert not [cell for cell in read if cell.lstrip(' \u00a0"').startswith(sign)]
    plain = "TVA à 20 %, c'est-à-dire 1,5 € de plus ; porte-à-porte"
    assert plain in as_csv([(plain,)]).decode("utf-8-sig")


def test_an_answer_is_drafted_approved_and_reviewed_when_its_source_changes(house: House) -> None:
    approved = ApprovedAnswers(house.database)
    page = house.approve(act="draft", quote="n'importe quoi")
    assert "Brouillon enregistré" in page and approved.live() == []
    (draft,) = approved.all()
    page = house.approve(id=str(draft.id), quote="Le calage se fait avec des cales de 6 mm.")
    assert "mot pour mot" in page and QUOTE in page and approved.live() == []
    page = house.approve(id=str(draft.id), quote="", chosen=QUOTE)
    assert "La réponse est en service" in page
    (live,) = approved.live()
    assert live.questions == ("Quelle épaisseur de cales ?", "Épaisseur des cales ?")
    assert (live.quote, live.sha256) == (QUOTE, house.assistant.source.sha256)
    (entry,) = approved.all()
    assert check(entry, house.assistant) == "ok" and check(entry, None) == "unknown"
    house.assistant.sentence = replace(
        house.assistant.sentence,
        page=replace(house.assistant.sentence.page, source=replace(house.assistant.source, sha256="0" * 64)),
    )
    assert check(entry, house.assistant) == "changed"
    assert "à revoir" in house.client.get("/admin/answers").text
    assert "Réponses validées à revoir" in house.client.get("/admin").text
    assert check(replace(entry, page=3), house.assistant) == "gone"
    house.post("/admin/answers/delete", id=str(entry.id))
    assert approved.all() == []
    actions = [action for action, _ in house.actions()]
    assert actions == ["answer_draft", "answer_approved", "answer_deleted"]
    assert "calage" not in str(house.actions())


@pytest.mark.parametrize(
    "wrong", [{"question": " \n "}, {"answer": ""}, {"page": "0"}, {"page": "deux"}, {"path": "absent.pdf"},
              {"answer": "x" * 5000}, {"quote": "5 mm"}],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_said_and_nothing_is_kept(house: House, wrong: dict[str, str]) -> None:
    assert 'class="problem"' in house.approve(**wrong)
    assert ApprovedAnswers(house.database).live() == []


def test_the_form_takes_the_wordings_of_a_group_and_shows_the_sentences_of_the_page(house: House) -> None:
    house.refuse("Quelle épaisseur ?")
    house.refuse("L'épaisseur des cales ?")
    page = house.client.get("/admin/answers/edit", params={"group": "1,2", "path": PATH, "page": "2"}).text
    assert "Quelle épaisseur ?\nL&#39;épaisseur des cales ?" in page and f'value="{QUOTE}"' in page
    assert "pas de texte" in house.client.get("/admin/answers/edit", params={"path": "x.pdf", "page": "9"}).text


def test_no_text_is_said_to_be_kept_when_none_is(tmp_path: Path) -> None:
    house = CorpusHouse(tmp_path)
    assert "keep_questions_days vaut 0" not in house.client.get("/admin/questions").text
    assert LOCAL.role == "admin"
