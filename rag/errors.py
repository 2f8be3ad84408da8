"""Everything that can go wrong and that a person must read: one line, what, which value, what to do.

    GreffierError
    ├── SettingsError       a setting is unknown or has a wrong value
    ├── StoreError
    │   ├── NoStore         nothing was ingested yet
    │   ├── StoreMismatch   the store was built with other settings or another embedder
    │   ├── StoreDamaged    files of the store are missing or do not say what they should
    │   └── DiskFull        there is no room to build or to write the store
    ├── CorpusError         the corpus folder is missing or unusable
    ├── IngestBusy          another ingestion holds the lock
    ├── ClusterError        the cluster that should read and embed is not there
    ├── QuestionError       the question is empty or too long
    │   ├── UnknownScope    it is limited to a document or folder that is not there
    │   └── TooManyQuestions too many wait already; this one can be sent again later
    ├── ModelError          weights are missing, unreadable or refused
    │   └── ContextOverflow the prompt does not fit into the model's context
    ├── ServerError         the web server cannot start
    ├── DatabaseError       accounts, conversations and events cannot be kept
    ├── AccountError        an account, a password or a token is not as it must be
    └── BackupError         a backup cannot be made, or is refused

Adapters translate foreign exceptions into these; nothing above them knows chromadb's or llama.cpp's own.
Each error speaks French first: `str(error)` is French, `error.text("en")` is English.
"""

from __future__ import annotations

from rag.types import Language


class GreffierError(Exception):
    """Base of all errors meant for people; carries its sentence in both languages."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(fr)
        self.fr = fr
        self.en = en

    def text(self, language: Language) -> str:
        """Return the sentence in `language`."""
        return self.fr if language == "fr" else self.en


class SettingsError(GreffierError):
    """A setting is unknown or has a value of the wrong kind."""


class StoreError(GreffierError):
    """The store cannot be used."""


class NoStore(StoreError):
    """Nothing was ingested yet."""


class StoreMismatch(StoreError):
    """The store was built with other settings, another embedder or another version."""


class StoreDamaged(StoreError):
    """Files of the store are missing or damaged."""


class DiskFull(StoreError):
    """There is no room on the disk to build or to write the store."""


class CorpusError(GreffierError):
    """The corpus folder is missing or unusable."""


class IngestBusy(GreffierError):
    """Another ingestion is under way on this store."""


class ClusterError(GreffierError):
    """The cluster that should read and embed does not answer, was lost, or has other weights."""


class QuestionError(GreffierError):
    """The question is empty or too long."""


class UnknownScope(QuestionError):
    """The question is limited to a document or folder that is not there for this member."""


class TooManyQuestions(QuestionError):
    """The member has as many questions under way as they may, or all members together have."""


class ModelError(GreffierError):
    """Weights are missing, unreadable, refused, or failed while running."""


class ContextOverflow(ModelError):
    """The prompt does not fit into the model's context."""


class ServerError(GreffierError):
    """The web server cannot start."""


class DatabaseError(GreffierError):
    """The file of accounts, conversations and events cannot be used."""


class AccountError(GreffierError):
    """A name is taken, a password will not do, or nobody could administer any more."""


class BackupError(GreffierError):
    """A backup cannot be made, read or put back."""
