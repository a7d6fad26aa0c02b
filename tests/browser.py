"""A small driver of headless Chromium for the tests of the pages: the DevTools protocol over a pair of pipes.

No driver program, no port, no package: Chromium reads commands from descriptor 3 and answers on descriptor 4, JSON
texts with a NUL after each. The network is off: every name fails to resolve, and a page is told that it is offline.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions", "--mute-audio",
    "--hide-scrollbars", "--force-color-profile=srgb", "--lang=en-US", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
KEYS = {
    "Enter": ("Enter", 13, "\r"), "Escape": ("Escape", 27, ""), "Tab": ("Tab", 9, ""),
    "Backspace": ("Backspace", 8, ""),
    "ArrowUp": ("ArrowUp", 38, ""), "ArrowDown": ("ArrowDown", 40, ""), "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowRight": ("ArrowRight", 39, ""), "Home": ("Home", 36, ""), "End": ("End", 35, ""),
}  # fmt: skip


class PageError(AssertionError):
    """A script that a test ran in the page threw."""


def chromium() -> str:
    """The browser's program (IMAGINGKG_CHROMIUM, else the first known name on the path); skips the test without one."""
    found = os.environ.get("IMAGINGKG_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no Chromium here: install chromium, or name one in IMAGINGKG_CHROMIUM")
    return found


@contextlib.contextmanager
def open_browser(*flags: str) -> Iterator[Browser]:
    """A fresh browser with an empty profile, closed at the end; `flags` come after FLAGS."""
    program = chromium()
    to_browser, our_end = os.pipe()
    their_end, from_browser = os.pipe()
    # Copies out of the way: 3 and 4, taken by now if they were free, are overwritten in the child only.
    given = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_browser, from_browser)]

    def wire() -> None:
        os.dup2(given[0], 3)
        os.dup2(given[1], 4)

    with tempfile.TemporaryDirectory(prefix="imagingkg-browser-", ignore_cleanup_errors=True) as profile:
        command = [program, *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, close_fds=False, preexec_fn=wire, stdout=quiet, stderr=quiet)
        for end in (to_browser, from_browser, *given):
            os.close(end)
        browser = Browser(our_end, their_end)
        try:
            yield browser
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                browser.command("Browser.close")
            os.close(our_end)
            os.close(their_end)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Browser:
    """The connection: commands out, answers and events back."""

    def __init__(self, write_end: int, read_end: int) -> None:
        self._write = write_end
        self._read = read_end
        self._rest = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def command(self, method: str, session: str = "", *, timeout: float = 60.0, **params: Any) -> dict[str, Any]:
        """The result of a DevTools command; events that arrive meanwhile are kept in `events`."""
        self._last += 1
        number = self._last
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        deadline = time.monotonic() + timeout
        while True:
            answer = self._receive(deadline)
            if answer is None:
                raise RuntimeError(f"Chromium did not answer {method} in {timeout:g} s")
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error'].get('message')}")
                result: dict[str, Any] = answer["result"]
                return result
            if "method" in answer:
                self.events.append(answer)

    def _receive(self, deadline: float) -> dict[str, Any] | None:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            chunk = os.read(self._read, 1 << 20)
            if not chunk:
                raise RuntimeError("Chromium closed the connection")
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def new_page(self, *, width: int = 1280, height: int = 800) -> Page:
        """A tab of its own with recording on and the network off."""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
            page.command(f"{domain}.enable")
        page.command(
            "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )
        page.resize(width, height)
        return page


class Page:
    """One tab: what a reader does in it, and what it did."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.command(method, self._session, **params)

    def open(self, path: Path, fragment: str = "") -> None:
        """Opens a file by its file: address, in a fresh document, and waits until the page says that it is ready."""
        self.command("Page.navigate", url="about:blank")
        self.command("Page.navigate", url=path.resolve().as_uri() + (f"#{fragment}" if fragment else ""))
        self.wait("document.documentElement?.dataset.ready === 'yes'")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, promises awaited."""
        answer = self.command(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description") or details.get("text"))
        return answer["result"].get("value")

    def wait(self, condition: str, seconds: float = 30.0) -> None:
        """Until the expression is true in the page."""
        deadline = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < deadline, f"never true: {condition}"
            time.sleep(0.02)

    def text(self, selector: str) -> str:
        """The text of the first element that the selector finds."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).textContent"))

    def texts(self, selector: str) -> list[str]:
        return list(self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent)"))

    def count(self, selector: str) -> int:
        return int(self.run(f"document.querySelectorAll({json.dumps(selector)}).length"))

    def click(self, selector: str) -> None:
        """A real click in the middle of the first element that the selector finds."""
        spot = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); "
            " e.scrollIntoView({block: 'nearest'});"
            " const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        self.click_at(*spot)

    def click_at(self, x: float, y: float) -> None:
        self.move_to(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def move_to(self, x: float, y: float) -> None:
        self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def key(self, name: str) -> None:
        """One key: a name of KEYS, or a character."""
        key, code, text = KEYS.get(name, (name, ord(name[0].upper()), name))
        params = {"key": key, "windowsVirtualKeyCode": code, "code": key if name in KEYS else ""}
        self.command("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **params)
        self.command("Input.dispatchKeyEvent", type="keyUp", **params)

    def type(self, text: str) -> None:
        """Text as an input method gives it."""
        self.command("Input.insertText", text=text)

    def resize(self, width: int, height: int) -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def prefer(self, *, scheme: str) -> None:
        """The reader's system asks for "dark" or "light"."""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path: Path) -> None:
        """A PNG of the window."""
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot")["data"]))

    def requests(self) -> list[str]:
        """Every address that the page asked for, its own file and what it made itself (data:, blob:) left out."""
        asked = [
            e["params"]["request"]["url"] for e in self._events("Network.requestWillBeSent") if not self._is_page(e)
        ]
        return [url for url in asked if not url.startswith(("data:", "blob:"))]

    def complaints(self) -> list[str]:
        """Console errors and warnings, uncaught errors, failed loads and breaches of the page's policy."""
        self.run("0")  # what was said before this answer has arrived by now
        out = [
            f"console: {[a.get('value', a.get('description')) for a in e['params']['args']]}"
            for e in self._events("Runtime.consoleAPICalled") if e["params"]["type"] in {"error", "warning", "assert"}
        ]  # fmt: skip
        out += [f"thrown: {e['params']['exceptionDetails']}" for e in self._events("Runtime.exceptionThrown")]
        out += [f"log: {e['params']['entry']['text']}" for e in self._events("Log.entryAdded")]
        out += [f"failed: {e['params']['errorText']}" for e in self._events("Network.loadingFailed")]
        out += [f"issue: {e['params']['issue']}" for e in self._events("Audits.issueAdded")]
        return out

    @staticmethod
    def _is_page(event: dict[str, Any]) -> bool:
        url = event["params"]["request"]["url"]
        return event["params"].get("type") == "Document" and url.startswith(("file:", "about:"))

    def _events(self, method: str) -> list[dict[str, Any]]:
        return [e for e in self._browser.events if e["method"] == method and e.get("sessionId") == self._session]
