"""The JSON of the commands, key by key: other programs read it."""

import json
from dataclasses import replace

from rag import as_json
from rag.types import Answer, Chunk, Citation, Claim, Found, Passage, Source, Timings
from tests.fakes import page_ref, sentence

PAGE = page_ref("public/guide été.pdf", 3)
SENTENCE = sentence("Le calage\nse fait  avec des cales.", PAGE)
PASSAGE = Passage(Chunk("id", PAGE, (SENTENCE,), ("Titre",), SENTENCE.text), 1.234567, Found(3.2, 0.5, 1.0, 1, None))
TIMINGS = Timings(retrieve=12.3, total=45.6)
ANSWER = Answer(
    question="Quel calage ?",
    standalone="Quel calage ? (avant)",
    status="answered",
    text="Avec des cales. [1]",
    claims=(Claim("Avec des cales.", (1,), "supported"), Claim("À 9 mm.", (1,), "unsupported", "« 9 » absent")),
    citations=(Citation(1, SENTENCE, newer=Source("public/guide 2025.pdf", "00", "Guide 2025")),),
    passages=(PASSAGE,),
    generation="gen-1",
    model="extracts",
    timings=TIMINGS,
)
PASSAGE_JSON = {
    "rank": 1,
    "score": 1.2346,
    "path": "public/guide été.pdf",
    "page": 3,
    "page_label": "3",
    "text": "Le calage\nse fait  avec des cales.",
}


def test_a_search_has_the_keys_of_the_contract() -> None:
    assert as_json.search("Quel calage ?", "gen-1", [PASSAGE], TIMINGS) == {
        "question": "Quel calage ?",
        "generation": "gen-1",
        "passages": [PASSAGE_JSON],
        "ms": {"retrieve": 12.3, "first_token": None, "total": 45.6},
    }


def test_an_answer_has_the_keys_of_the_contract() -> None:
    assert as_json.answer(ANSWER) == {
        "question": "Quel calage ?",
        "standalone": "Quel calage ? (avant)",
        "status": "answered",
        "text": "Avec des cales. [1]",
        "claims": [
            {"text": "Avec des cales.", "citations": [1], "verdict": "supported", "reason": ""},
            {"text": "À 9 mm.", "citations": [1], "verdict": "unsupported", "reason": "« 9 » absent"},
        ],
        "citations": [
            {
                "number": 1,
                "path": "public/guide été.pdf",
                "page": 3,
                "page_label": "3",
                "quote": "Le calage se fait avec des cales.",
                "boxes": [[50.0, 50.0, 300.0, 62.0]],
                "newer": {"path": "public/guide 2025.pdf", "title": "Guide 2025"},
                "older": None,
            }
        ],
        "passages": [PASSAGE_JSON],
        "generation": "gen-1",
        "model": "extracts",
        "refusal": "",
        "truncated": False,
        "missing_years": [],
        "missing": [],
        "cached": False,
        "ms": {"retrieve": 12.3, "first_token": None, "total": 45.6},
    }


def test_an_answer_survives_json() -> None:
    value = as_json.answer(ANSWER)
    assert json.loads(json.dumps(value, ensure_ascii=False)) == value


def test_ranks_count_from_one() -> None:
    passages = as_json.search("?", "gen-1", [PASSAGE, PASSAGE, PASSAGE], TIMINGS)["passages"]
    assert [passage["rank"] for passage in passages] == [1, 2, 3]


def test_a_quote_keeps_the_line_ends_that_break_its_words() -> None:
    broken = replace(sentence("les relations du verre\net du joint"), printed="les rela-\ntions du verre\net du joint")
    quoted = as_json._citation(Citation(1, broken))
    assert quoted["quote"] == "les rela-\ntions du verre et du joint"
