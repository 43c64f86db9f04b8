"""The administrator's page: for administrators, to look at, and nothing in it runs."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from tests.server.serving import Client, Server

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


class Parsed(HTMLParser):
    """Tags and the text between them; raises for tags that are not closed in order."""

    VOID = ("meta", "rect")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_only_an_administrator_sees_it(user: Callable[..., Client], anna: Client) -> None:
    assert anna.get("/admin").status == 404
    boss = user("boss", admin=True)
    answer = boss.get("/admin")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")
    assert boss.ask("POST", "/admin", b"").status == 405


def test_a_browser_can_ask_for_the_token(user: Callable[..., Client]) -> None:
    boss = user("boss", admin=True)
    given = base64.b64encode(f"boss:{boss.token}".encode()).decode()
    nobody = boss.get("/admin", Authorization="")
    assert nobody.status == 401 and nobody.headers["WWW-Authenticate"].startswith("Basic ")
    assert boss.get("/admin", Authorization=f"Basic {given}").status == 200
    for odd in (base64.b64encode(b"boss").decode(), "%%%", base64.b64encode(b"\xff:\xff").decode()):
        assert boss.get("/admin", Authorization=f"Basic {odd}").status == 401
    # what a browser sends along by itself opens nothing else
    assert boss.get("/v1/me", Authorization=f"Basic {given}").status == 401


def test_it_shows_the_queue_the_devices_and_the_users(
    user: Callable[..., Client], anna: Client
) -> None:
    boss = user("boss", admin=True)
    jobs = [anna.submit("slow")["id"] for _ in range(5)]
    anna.wait(jobs[0], "running")
    page = Parsed(boss.get("/admin").data.decode())
    told = "\n".join(page.text)
    for each in ("Devices", "Queue", "Jobs done per hour", "Users", "anna", "boss", "learn+apply"):
        assert each in told
    assert boss.token not in told
    for job in jobs:
        assert job not in told
        anna.post(f"/v1/jobs/{job}/cancel")
    for job in jobs:
        anna.wait(job)


def test_nothing_in_it_runs_or_comes_from_elsewhere(
    user: Callable[..., Client], anna: Client
) -> None:
    boss = user("boss", admin=True)
    anna.wait(anna.submit("finish")["id"])
    answer = boss.get("/admin")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    page = Parsed(answer.data.decode())
    assert not {"script", "form", "img", "link", "iframe", "a", "input"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not names & {"src", "href", "style", "action"}
    assert not [name for name in names if name.startswith("on")]
    # the style is the one that the policy allows
    import hashlib

    style = re.search(r"<style>(.*?)</style>", answer.data.decode(), re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
def test_a_browser_shows_it(
    server: Server, user: Callable[..., Client], anna: Client, tmp_path: Path
) -> None:
    boss = user("boss", admin=True)
    anna.wait(anna.submit("finish")["id"])
    target = tmp_path / "page.png"
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=900,1000",
    ]
    command += [f"--user-data-dir={tmp_path / 'browser'}", f"--screenshot={target}"]
    place = f"http://boss:{boss.token}@127.0.0.1:{server.port}/admin"
    subprocess.run([*command, place], capture_output=True, timeout=120, check=True)
    with Image.open(target) as picture:
        colors = {color for _, color in picture.convert("RGB").getcolors(2**24) or ()}
    assert (0x3B, 0x82, 0xC4) in colors  # a bar, in the color of the style that the policy allows
