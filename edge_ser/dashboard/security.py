"""Who may see the page and use its button: host, origin, token.  Pure decisions about a request's headers.

The page tells about what people say at home, so it must answer neither other machines, nor other accounts that lack the
token, nor the scripts of other sites that run in the browser of somebody who may.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_ser.errors import InvalidSetting, NotPermitted

COOKIE: Final = "edge-ser"

HEADERS: Final = {
    # Nothing but the files beside it, and nothing written into the page itself.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not `no-referrer`: with it a browser calls the origin of its own forms `null`.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer."""

_SHORTEST_TOKEN: Final = 16
_LONGEST_TOKEN: Final = 1_024
"""Characters; a random one of 16 cannot be guessed over a network."""

_HOW_TO_MAKE: Final = "make one with: (umask 077; openssl rand -hex 16 > FILE)"

_OPEN: Final = ("/login", "/static/")
"""Paths, or beginnings of paths, that say nothing of what was heard."""


class Token:
    """The secret that lets in.

    Args:
        secret: The token itself.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def fits(self, offered: str) -> bool:
        """Whether that is the token; it takes as long whatever is wrong with it."""
        return hmac.compare_digest(offered.encode(errors="replace"), self._secret)

    @property
    def cookie(self) -> str:
        """What a browser keeps after the login: it does not tell the token, and ends with it."""
        return hmac.new(self._secret, b"edge-ser dashboard", hashlib.sha256).hexdigest()

    def fits_cookie(self, offered: str) -> bool:
        """Whether that is the cookie."""
        return hmac.compare_digest(offered.encode(errors="replace"), self.cookie.encode())


def read_token(path: Path) -> Token:
    """Read the token from its file.

    Raises:
        InvalidSetting: there is none that could be used; the message says how to make one, and never the token.
        NotPermitted: the file may not be read.
    """
    where = f"--token-file {path}"
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_LONGEST_TOKEN + 2).decode("ascii").strip()
    except PermissionError:
        raise NotPermitted(f"{where}: this user may not read it; give it to the right one with chown") from None
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidSetting(f"{where}: there is no such file; {_HOW_TO_MAKE}") from None
    except UnicodeDecodeError:
        raise InvalidSetting(f"{where}: allowed are letters, digits and signs; {_HOW_TO_MAKE}") from None
    except OSError as error:
        raise InvalidSetting(f"{where}: {error.strerror}; {_HOW_TO_MAKE}") from None
    if stat.S_IMODE(mode) & stat.S_IRWXO:
        raise InvalidSetting(f"{where}: everybody on this machine may use it; allowed is chmod 600 or 640")
    if not _SHORTEST_TOKEN <= len(text) <= _LONGEST_TOKEN or not re.fullmatch(r"[!-~]+", text):
        raise InvalidSetting(
            f"{where}: allowed is one word of {_SHORTEST_TOKEN} to {_LONGEST_TOKEN} letters, digits and signs; "
            f"{_HOW_TO_MAKE}"
        )
    return Token(text)


@dataclass(frozen=True)
class Asked:
    """What of a request decides; headers that are missing are empty."""

    method: str
    path: str
    host: str = ""
    origin: str = ""
    site: str = ""
    """``Sec-Fetch-Site``: what kind of site made the browser ask."""
    mode: str = ""
    """``Sec-Fetch-Mode``: ``navigate`` where somebody follows a link."""
    authorization: str = ""
    cookie: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered.

    Attributes:
        status: Of HTTP.
        reason: For people; it tells nothing about the machine.
    """

    status: int
    reason: str


class Guard:
    """Decides about requests.

    Args:
        token: What lets in; ``None`` lets everybody in who reaches the page at all, for loopback addresses alone.
        names: Names of this machine.
    """

    def __init__(self, token: Token | None, names: frozenset[str]) -> None:
        self.token = token
        self._names = names | {"localhost"}

    def refusal(self, asked: Asked) -> Refusal | None:
        """Return why a request is not answered, or ``None`` if it is."""
        # Another site can make a name of its own lead here (DNS rebinding); an address or our own name it cannot.
        if not self._ours(asked.host):
            return Refusal(421, "unknown host: use this machine's address, its name or its name with .local")
        bearer = self._bearer(asked)
        reads = asked.method in ("GET", "HEAD")
        if asked.site in ("cross-site", "same-site") and not (reads and asked.mode == "navigate"):
            return Refusal(403, "asked by another site")
        if not reads and not bearer and not _same_origin(asked.origin, asked.host):
            return Refusal(403, "asked by another site, or by a program without Authorization or Origin")
        if self.token is None or bearer or asked.path.startswith(_OPEN) or self.token.fits_cookie(asked.cookie):
            return None
        return Refusal(401, "needs the token, as Authorization: Bearer TOKEN or from the page /login")

    def _ours(self, host: str) -> bool:
        match = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", host.lower(), re.ASCII)
        if match is None:
            return False
        name = match[1].strip("[]")
        if name in self._names or name.removesuffix(".local") in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _bearer(self, asked: Asked) -> bool:
        scheme, _, offered = asked.authorization.partition(" ")
        return self.token is not None and scheme.lower() == "bearer" and self.token.fits(offered.strip())


def _same_origin(origin: str, host: str) -> bool:
    # https: a proxy on this machine may stand before it.
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")
