"""Every text of the interface, in French and in English: one module an area, the chat's re-exported here."""

from ui.strings.base import Pair, bound, pair, typeset
from ui.strings.chat import ENGLISH, FRENCH, Strings, strings
from ui.strings.counted import THIN, WIDE

__all__ = ["ENGLISH", "FRENCH", "THIN", "WIDE", "Pair", "Strings", "bound", "pair", "strings", "typeset"]
