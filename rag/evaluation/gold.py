"""Questions on the pages of a corpus: are the page, the sentence and the facts there, and the refusals right?

- *page@k*: a passage among the first k stands on an expected page.
- *cited_page*, of answers: a cited sentence stands on an expected page.
- *citation_precision*, of answers: the share of cited sentences that are right. A sentence is right when it stands on
  an expected page and shares more than half of its index terms, or of those of the expected quote, with the other, or
  holds an expected fact. Where no quote was recorded, the page suffices.
- *citation_recall*, of answers: the share of expected quotes for which a cited sentence is right.
- *facts*, of answers: every expected fact stands in the text of the answer, in one of its variants.
- *right*, of all questions with an answer: answered, with every fact.

Precision and recall of citations follow ALCE (Gao et al. 2023) with recorded quotes in the place of an entailment
model. Case, accents and white space never count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from rag.assistant import Assistant
from rag.errors import QuestionError
from rag.evaluation.items import GoldPage, GoldQuestion
from rag.evaluation.report import Outcome, SetResult
from rag.text import analyse, collapse, fold
from rag.types import Answer, PageRef, Passage, Sentence

Progress = Callable[[int, int], None]


def ask(
    name: str,
    items: Sequence[GoldQuestion],
    assistant: Assistant,
    groups: frozenset[str] | None,
    progress: Progress,
) -> SetResult:
    """Return what the assistant makes of each question.

    Raises:
        QuestionError: if no file that the questions are about is in the index.
    """
    require(name, items, assistant)
    outcomes = []
    for place, item in enumerate(items, 1):
        answer = assistant.answer(item.question, history=item.history, groups=groups)
        outcomes.append(Outcome(item.id, item.kind, item.id, {**values(item, answer), **_times(answer)}))
        progress(place, len(items))
    return SetResult(name, tuple(outcomes))


def require(name: str, items: Sequence[GoldQuestion], assistant: Assistant) -> None:
    """Check that the questions are about this index.

    Raises:
        QuestionError: if none of their files is in it.
    """
    pages = {(gold.file, gold.page) for item in items for gold in item.gold}
    if pages and not any(assistant.page(file, page) for file, page in pages):
        raise QuestionError(
            f"Aucun des documents sur lesquels portent les questions de {name} n'est dans l'index"
            f" (par exemple {min(pages)[0]}). Ingérez ce corpus, ou donnez --store.",
            f"None of the documents that the questions of {name} are about is in the index"
            f" (for example {min(pages)[0]}). Ingest that corpus, or give --store.",
        )


def page_values(item: GoldQuestion, passages: Sequence[Passage]) -> dict[str, float]:
    """Return page@1, page@5 and page@10 of a question with an answer."""
    return {f"page@{k}": float(any(_on(item, p.chunk.page) for p in passages[:k])) for k in (1, 5, 10)}


def values(item: GoldQuestion, answer: Answer) -> dict[str, float]:
    """Return the measures that apply to this question and answer, 0 to 1, without times."""
    answered = answer.status == "answered"
    if not item.answerable:
        return {"answered": float(answered)}
    states = float(answered and _states(item, answer.text))
    found = {**page_values(item, answer.passages), "refused": float(not answered), "right": states}
    if answered:
        cited = [citation.sentence for citation in answer.citations]
        found |= {"cited_page": float(any(_on(item, sentence.page) for sentence in cited)), "facts": states}
        found |= citation_values(item, cited)
    return found


def citation_values(item: GoldQuestion, cited: Sequence[Sentence]) -> dict[str, float]:
    """Return precision and recall of the cited sentences of an answer, as the module says."""
    if not cited:
        return {"citation_precision": 0.0, "citation_recall": 0.0}
    right = [[_is_right(item, gold, sentence) for gold in item.gold] for sentence in cited]
    return {
        "citation_precision": sum(any(row) for row in right) / len(cited),
        "citation_recall": sum(any(column) for column in zip(*right, strict=True)) / len(item.gold),
    }


def _is_right(item: GoldQuestion, gold: GoldPage, sentence: Sentence) -> bool:
    if (sentence.page.source.path, sentence.page.number) != (gold.file, gold.page):
        return False
    ours, expected = Counter(analyse(sentence.text)), Counter(analyse(gold.quote))
    if not expected:
        return True
    if 2 * (ours & expected).total() > min(ours.total(), expected.total()):
        return True
    text = _loose(sentence.text)
    return any(_loose(variant) in text for fact in item.facts for variant in fact)


def _on(item: GoldQuestion, page: PageRef) -> bool:
    return any((gold.file, gold.page) == (page.source.path, page.number) for gold in item.gold)


def _states(item: GoldQuestion, answer: str) -> bool:
    text = _loose(answer)
    return all(any(_loose(variant) in text for variant in fact) for fact in item.facts)


def _loose(text: str) -> str:
    return collapse(fold(text))


def _times(answer: Answer) -> dict[str, float]:
    times = {"retrieve_ms": answer.timings.retrieve}
    if answer.status == "answered":
        times["total_ms"] = answer.timings.total
    return times
