"""Who asks: the value that every part of the interface gets, and where it travels.

The guard (`ui/guard.py`) finds it once for each request, by the function it was given, and puts it into the
request's state; nobody else looks at cookies or tokens. This module does *not* know how a member is recognised.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Role = Literal["member", "admin"]
STATE = "member"  # key in the state of a request
SESSION_COOKIE = "greffier_session"
# Over https: browsers take a cookie of such a name from this very server alone, never from a neighbour's name or
# from a page without https.
SECURE_COOKIE = f"__Host-{SESSION_COOKIE}"
LANGUAGE_COOKIE = "language"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may ask. `id` 0: nobody signs in here. `groups` are the reading groups, None: all of them."""

    id: int
    name: str
    role: Role
    groups: frozenset[str] | None

    @property
    def key(self) -> str:
        """A short text that is this member's own: a place in the queue, a name in a cache."""
        return f"member-{self.id}"

    @property
    def is_one(self) -> bool:
        """False where everybody on the network is one and the same: nothing can be this member's own."""
        return self.id != 0 or self.role == "admin"


# Where no sign-in is asked for: one person, on the machine itself, who may do everything.
LOCAL = Member(0, "", "admin", None)


@dataclass(frozen=True, slots=True)
class Knock:
    """What one can tell of somebody at the door: `headers` have small names, `peer` is the other side's address, "" if
    unknown; `secure`: it came by https. `glance`: it was let in before, and is only looked at again."""

    path: str
    headers: Mapping[str, str]
    peer: str = ""
    secure: bool = False
    glance: bool = False


class Identify(Protocol):
    """Says who sends a request."""

    def __call__(self, knock: Knock) -> Member | None:
        """Return the member, None if nobody is recognised."""


def everyone_is_local(knock: Knock) -> Member | None:
    """Return `LOCAL`: for a server on loopback without accounts."""
    return LOCAL


def session_cookie(secure: bool) -> str:
    """Return the name of the session's cookie, by https or without."""
    return SECURE_COOKIE if secure else SESSION_COOKIE


def member_of(scope: MutableMapping[str, Any]) -> Member:
    """Return who sends this request.

    Raises:
        KeyError: if the request did not come through the guard.
    """
    found = scope["state"][STATE]
    assert isinstance(found, Member)
    return found
