"""Who may see the page and use its button: host, origin, token.  Pure decisions about the headers of a request.

The page reveals how people at home speak.  It must not answer other machines, accounts without the token, or scripts of
other sites in the browser of somebody who has access.
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
    # Only files from this server, and no inline scripts or styles.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not `no-referrer`: with it a browser sends the origin `null` with the page's own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer."""

_SHORTEST_TOKEN: Final = 16
_LONGEST_TOKEN: Final = 1_024
"""Characters; a random token of 16 cannot be guessed over a network."""

_HOW_TO_MAKE: Final = "make one with: (umask 077; openssl rand -hex 16 > FILE)"

_OPEN: Final = ("/login", "/static/")
"""Paths and prefixes of paths that reveal nothing of what was heard."""


class Token:
    """The secret that gives access.

    Args:
        secret: The token itself.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def fits(self, offered: str) -> bool:
        """Whether this is the token, compared in constant time."""
        return hmac.compare_digest(offered.encode(errors="replace"), self._secret)

    @property
    def cookie(self) -> str:
        """The cookie of a browser that has logged in: it does not reveal the token and expires with it."""
        return hmac.new(self._secret, b"edge-ser dashboard", hashlib.sha256).hexdigest()

    def fits_cookie(self, offered: str) -> bool:
        """Whether this is the cookie, compared in constant time."""
        return hmac.compare_digest(offered.encode(errors="replace"), self.cookie.encode())


def read_token(path: Path) -> Token:
    """Read the token from its file.

    Raises:
        InvalidSetting: it holds no valid token; the message says how to make one and never contains the token.
        NotPermitted: the file may not be read.
    """
    where = f"--token-file {path}"
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_LONGEST_TOKEN + 2).decode("ascii").strip()
    except PermissionError:
        raise NotPermitted(f"{where}: this user may not read it; change its owner with chown") from None
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidSetting(f"{where}: there is no such file; {_HOW_TO_MAKE}") from None
    except UnicodeDecodeError:
        raise InvalidSetting(f"{where}: allowed are letters, digits and punctuation; {_HOW_TO_MAKE}") from None
    except OSError as error:
        raise InvalidSetting(f"{where}: {error.strerror}; {_HOW_TO_MAKE}") from None
    if stat.S_IMODE(mode) & stat.S_IRWXO:
        raise InvalidSetting(f"{where}: every user of this machine has access to it; allowed is chmod 600 or 640")
    if not _SHORTEST_TOKEN <= len(text) <= _LONGEST_TOKEN or not re.fullmatch(r"[!-~]+", text):
        raise InvalidSetting(
            f"{where}: allowed is one word of {_SHORTEST_TOKEN} to {_LONGEST_TOKEN} letters, digits and punctuation; "
            f"{_HOW_TO_MAKE}"
        )
    return Token(text)


@dataclass(frozen=True)
class RequestFacts:
    """The parts of a request that decide whether it is answered; missing headers are empty."""

    method: str
    path: str
    host: str = ""
    origin: str = ""
    site: str = ""
    """``Sec-Fetch-Site``: relation to the site that caused the request."""
    mode: str = ""
    """``Sec-Fetch-Mode``: ``navigate`` when a link is followed."""
    authorization: str = ""
    cookie: str = ""
    """Value of the cookie :data:`COOKIE`."""


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused.

    Attributes:
        status: HTTP status.
        reason: For people; it reveals nothing about the machine.
    """

    status: int
    reason: str


class Guard:
    """Decides which requests are answered.

    Args:
        token: The token that gives access; ``None`` gives everybody access, for loopback addresses only.
        names: Names of this machine.
    """

    def __init__(self, token: Token | None, names: frozenset[str]) -> None:
        self.token = token
        self._names = names | {"localhost"}

    def refusal(self, request: RequestFacts) -> Refusal | None:
        """Return why a request is refused, or ``None`` if it is answered."""
        # Another site can point its own name here (DNS rebinding), but not an address or the name of this machine.
        if not self._ours(request.host):
            return Refusal(421, "unknown host: use this machine's address, its name, or its name with .local")
        bearer = self._bearer(request)
        reads = request.method in ("GET", "HEAD")
        if request.site in ("cross-site", "same-site") and not (reads and request.mode == "navigate"):
            return Refusal(403, "request from another site")
        if not reads and not bearer and not _same_origin(request.origin, request.host):
            return Refusal(403, "request from another site, or from a program without Authorization or Origin")
        if self.token is None or bearer or request.path.startswith(_OPEN) or self.token.fits_cookie(request.cookie):
            return None
        return Refusal(401, "the token is required, as Authorization: Bearer TOKEN or through the page /login")

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

    def _bearer(self, request: RequestFacts) -> bool:
        scheme, _, offered = request.authorization.partition(" ")
        return self.token is not None and scheme.lower() == "bearer" and self.token.fits(offered.strip())


def _same_origin(origin: str, host: str) -> bool:
    # https: there may be a proxy on this machine.
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")
