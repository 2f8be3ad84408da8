"""One word put in place of another of its kind: the treasurer for the president, the day of delivery for that of the
order, a brother for a spouse, "by phone" for "in writing".

Works on `Facts`. A claim may use any word that the evidence, the question or the titles have; it is struck out when it
has one that they lack and they have another of the same kind, said of the same thing. Knows only the kinds listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from rag.facts import Facts
from rag.objection import Objection
from rag.opposites import of_one
from rag.wording import Term, alike

# A kind a line, its members apart by two spaces; each a regular expression over levelled text.
_KINDS = tuple(
    tuple(re.compile(rf"\b(?:{member})\b") for member in line.split("  "))
    for line in (
        r"(?<!vice-)presidente?s?  vice-presidente?s?  tresori\w+  secretaires?(?: general\w*)?  rapporteure?s?"
        r"  commissaires? aux comptes  porte-parole",
        r"assemblees? generales?|assemblee  conseils? d'administration|conseil  bureau  comite  commission",
        r"ouvri\w+  cadres?  apprenti\w*  stagiaires?  interimaires?  agents? de maitrise|maitrise  manoeuvres?"
        r"  chefs? d'equipe",
        "  ".join(
            r"(?:date|jour|compter|partir|suiv\w+|apres|avant|des|lors|depuis) d?(?:e |e l|u|es|')?"
            rf"(?:l[ae] |l'|sa |son )?(?:{it})"
            for it in (
                "livraison", "commande", "pose", "fabrication", r"factur\w+", "signature", "embauche", "notification",
                "reception", "depot", "achat", "publication", "convocation", "demission", "adhesion", "inscription",
                "expedition", "naissance", "deces",
            )
        ),
        r"(?:annee|mois|exercice|semaine|saison|trimestre)s? (?:civile )?(?:en cours|courante?)"
        r"  (?:annee|mois|exercice|semaine|saison|trimestre)s? (?:civile )?(?:suivante?|prochaine?|a venir)|prochaine? "
        r"(?:annee|mois|exercice|semaine|saison|trimestre)"
        r"  (?:annee|mois|exercice|semaine|saison|trimestre)s? (?:civile )?(?:precedente?|passee?|ecoulee?|derniere?)",
        r"par ecrit|ecrite?s?|lettres?|courriers?|recommandee?s?  telephon\w*|appel\w*"
        r"  oral\w*|verbal\w*|de vive voix  courriels?|e-?mails?|mails?|electronique\w*",
        r"arretes?  decrets?  ordonnances?  circulaires?  directives?",
        r"(?:l'|d'un |un |son |leur )accord (?=d[eu'])|l'autorisation|l'approbation|le consentement"
        r"  consult\w+|(?:l'|un |son |leur )avis|inform(?:er|e|ent|es?)",
        r"automatique\w*|tacite\w*|de plein droit  (?:sur|la|une) demande|demandee?s?|redemand\w+|a l'initiative",
        r"prefet\w*|prefectures?  maires?|mairies?  procureurs?  juges?|tribuna\w+|prud'hom\w+  inspect\w+ du travail"
        r"  caf|allocations familiales  cpam|assurance maladie  urssaf  pole emploi|france travail  notaires?"
        r"  huissiers?",
        r"electeurs?|electrices?  eligibles?",
        r"conjointe?s?|epou\w+|maris?|femme|partenaire  enfants?|fils|filles?  peres?|meres?|parents?"
        r"  freres?|soeurs?  grands?-(?:parents?|peres?|meres?)  beaux?-\w+|belles?-\w+",
        r"maria\w+|marie\w*  pacs\w*  naissances?  adopti\w+  deces|decede\w*|obseques  demenage\w+",
        r"feuillete\w*  trempe\w*|securit  armes?  imprimes?",
        r"aluminium|alu  pvc  bois  acier|inox",
        r"lundis?  mardis?  mercredis?  jeudis?  vendredis?  samedis?  dimanches?",
        r"abstentions?|abstenu\w*|abstien\w+  (?:voix|vot\w+|avis|membres?)(?: \w+)? contre",
        r"corporel\w*  materiel\w*  immateriel\w*",
        r"vendeu\w+  acheteu\w+", r"locataires?  bailleurs?|proprietaires?", r"creanciers?  debiteurs?",
        r"preteurs?  emprunteurs?", r"assureurs?  assures?", r"clients?  fournisseurs?", r"mandants?  mandataires?",
        r"recettes?  depenses?", r"debits?  credits?", r"ventes?  achats?",
        r"cdi|duree indeterminee  cdd|duree determinee  interim|travail temporaire  contrats? d'apprentissage",
    )
)  # fmt: skip
# Whose choice, cost or word it is.
_WHOSE = re.compile(
    r"\b(?P<what>au choix|a la charge|a l'initiative|a la demande|aux frais|sur (?:decision|proposition|demande|avis)"
    r"|avec l'accord|apres (?:avis|accord)|a la discretion|au gre|choisie?s? par|decidee?s? par|fixee?s? par)"
    r" (?:exclusi\w+ )?(?:d[eu]s? ?(?:la |l')?|d'une? |l[ae]s? |l')"
)
_ARTICLE = re.compile(r"(?:^|[^\w])(?:l[ae]s?|l'|une?|des|du|aux?|d[e']|ces?|cette|ses|sa|son|leurs?)\s?$")
_LINK = re.compile(r"\s(?:d[eu]s?\s(?:l[ae]s?\s|l')?|d'(?:une?\s)?)")
_ANY = re.compile("")
_ADJECTIVE = re.compile(r"(?:els?|elles?|ales?|aux|ifs?|ives?|iques?|aires?|eux|euses?|[ai]bles?|ides?)$")
# What a claim adds to a list.
_MORE = re.compile(
    r"\b(?:aussi|egalement|ainsi que|y compris|de meme que|comprise?s?(?= ?[.;,]| ?$)|also|as well as)\b"
)
_DENIED = re.compile(r"\b(?:ni|non|pas|sans|sauf|hors|hormis|aucune?|exclu\w*|autres?|contrairement|not|no|except)\b")


def objections(claim: Facts, evidence: Sequence[Facts], question: Facts, titles: Facts) -> Iterator[Objection]:
    """Yield an objection for a word that stands where the evidence has another of its kind."""
    if not _DENIED.search(claim.plain):
        yield from chain.from_iterable(_swapped(kind, claim, evidence, (question, titles)) for kind in _KINDS)
    yield from _other_person(claim, evidence)
    yield from _other_complement(claim, evidence, (question, titles))
    yield from _added(claim, (*evidence, question, titles))


def _swapped(
    kind: Sequence[re.Pattern[str]], claim: Facts, evidence: Sequence[Facts], allowed: Sequence[Facts]
) -> Iterator[Objection]:
    for member in kind:
        mine = member.search(claim.plain)
        if mine is None or any(member.search(facts.plain) for facts in (*evidence, *allowed)):
            continue
        for facts in evidence:
            its = (other.search(facts.plain) for other in kind)
            against = next((it for it in its if it and of_one(claim, mine, facts, it)), None)
            if against is not None:
                yield Objection("opposite", claim.text[slice(*mine.span())], facts.text[slice(*against.span())])
                return


def _other_person(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when "au choix du salarié" has become "au choix de l'employeur"."""
    for mine in _WHOSE.finditer(claim.plain):
        who = claim.noun_after(mine.end())
        theirs = [
            (facts, it) for facts in evidence for it in _WHOSE.finditer(facts.plain) if it["what"] == mine["what"]
        ]
        named = [(facts, it, facts.noun_after(it.end())) for facts, it in theirs]
        if who and named and not any(alike(who, other) for _, _, other in named):
            facts, it, _ = named[0]
            yield Objection("subject", claim.through_word(*mine.span()), facts.through_word(*it.span()))
            return


def _other_complement(claim: Facts, evidence: Sequence[Facts], allowed: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when "travail de nuit" has become "travail du dimanche": the noun always has another one,
    which the claim leaves out, and what the claim puts there is new."""
    known = [stem for facts in (*evidence, *allowed) for stem in facts.stems]
    theirs = [(facts, noun, other) for facts in evidence for noun, other in _complements(facts, _ANY)]
    for noun, mine in _complements(claim, _ADJECTIVE):
        if any(alike(mine.stem, stem) for stem in known):
            continue
        uses = sum(alike(noun.stem, word.stem) for facts in evidence for word in facts.words)
        others = [(facts, one, other) for facts, one, other in theirs if alike(one.stem, noun.stem)]
        left_out = [item for item in others if not any(alike(item[2].stem, stem) for stem in claim.stems)]
        if left_out and len(left_out) == uses:
            facts, one, other = left_out[0]
            yield Objection("subject", claim.text[noun.start : mine.end], facts.text[one.start : other.end])
            return


def _complements(facts: Facts, adjective: re.Pattern[str]) -> Iterator[tuple[Term, Term]]:
    """Yield each noun (a word with an article before it) and the word that goes with it."""
    for noun, other in pairwise(facts.words):
        before, between = facts.plain[max(0, noun.start - 8) : noun.start], facts.plain[noun.end : other.start]
        linked = _LINK.fullmatch(between) or (between == " " and adjective.search(facts.plain[other.start : other.end]))
        if _ARTICLE.search(before) and linked and other.stem not in ("moin", "plus"):
            yield noun, other


def _added(claim: Facts, known: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection for what a claim adds ("aussi la casse") and nothing else names."""
    found = _MORE.search(claim.plain)
    if found is None or any(_MORE.search(facts.plain) for facts in known[:-2]):
        return
    stems = [stem for facts in known for stem in facts.stems]
    added = next((word for word in claim.words if found.end() <= word.start <= found.end() + 8), None)
    if added is not None and not any(alike(added.stem, stem) for stem in stems):
        yield Objection("content", claim.text[found.start() : added.end])
