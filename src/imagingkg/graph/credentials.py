"""Who we are to a remote store: from the environment or ~/.netrc, never from a URL, never into a message.

IMAGINGKG_TOKEN is sent as a bearer token; IMAGINGKG_USER and IMAGINGKG_PASSWORD, or what netrc has for the host, answer
the server's own question (Digest or Basic). Nothing that can be read on the way is sent over plain http to another
machine, unless IMAGINGKG_PLAIN_HTTP=1 says that the network may be trusted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.models import PreparedRequest
from requests.utils import get_netrc_auth

from imagingkg.errors import UsageError

TOKEN: Final = "IMAGINGKG_TOKEN"  # noqa: S105 (the name of the variable, not its value)
USER: Final = "IMAGINGKG_USER"
PASSWORD: Final = "IMAGINGKG_PASSWORD"  # noqa: S105 (the name of the variable, not its value)
PLAIN_HTTP: Final = "IMAGINGKG_PLAIN_HTTP"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, or a user and a password, or nothing; `repr` shows none of them."""

    token: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def hidden(self, text: str) -> str:
        """`text` with every secret in it as ***: a server may send back what it was sent."""
        for secret in filter(None, (self.token, self.password)):
            text = text.replace(secret, "***")
        return text


class Anonymous(AuthBase):
    """Sends nothing. Without it requests would look into netrc by itself, at every redirect too."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def credentials_for(url: str, environment: Mapping[str, str] = os.environ) -> Credentials:
    """What the environment, or else netrc, has for this URL. Raises UsageError for half a pair."""
    token, user, password = (environment.get(name, "").strip() for name in (TOKEN, USER, PASSWORD))
    if bool(user) != bool(password):
        raise UsageError(USER if user else PASSWORD, "is set alone", f"Set both {USER} and {PASSWORD}, or neither")
    for name, value in ((TOKEN, token), (USER, user), (PASSWORD, password)):
        if any(not c.isprintable() for c in value):
            raise UsageError(name, "holds a line break or another control character", "Set it again, on one line")
    if token or user:
        return Credentials(token, user, password)
    found = get_netrc_auth(url)
    return Credentials(user=found[0], password=found[1]) if found else Credentials()


def opening(credentials: Credentials, url: str) -> AuthBase:
    """What is sent before the server has asked: a token, or nothing. Raises UsageError for a token in plain sight."""
    if not credentials.token:
        return Anonymous()
    _check_private(url)
    return _Bearer(credentials.token)


def answer(credentials: Credentials, url: str, challenge: str) -> AuthBase | None:
    """What answers a 401 with this WWW-Authenticate, or None where there is nothing to answer with."""
    if not credentials.user:
        return None
    if "digest" in challenge.lower():
        return HTTPDigestAuth(credentials.user, credentials.password)
    _check_private(url)
    return HTTPBasicAuth(credentials.user.encode("utf-8"), credentials.password.encode("utf-8"))


def _check_private(url: str, environment: Mapping[str, str] = os.environ) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or _is_loopback(parts.hostname or "") or environment.get(PLAIN_HTTP) == "1":
        return
    raise UsageError(
        f"{parts.scheme}://{parts.netloc}", "would be sent the password or token for everyone on the way to read",
        f"Use https, or set {PLAIN_HTTP}=1 where the network can be trusted",
    )  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
