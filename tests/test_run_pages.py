"""The pages in processes of their own: with the service, and for a store alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from frontdesk import blocking

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")
COMMAND = [sys.executable, "-u", "-m", "frontdesk"]


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that serves, until the block ends."""
    command = [*COMMAND, *arguments, "--port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        # Who waits for a line that never comes is not kept for ever.
        end = threading.Timer(120, process.kill)
        end.start()
        try:
            yield process
        finally:
            end.cancel()
            process.kill()
            process.communicate()


def lines_until(process: subprocess.Popen[str], word: str) -> str:
    """Return what is printed until a line has *word*."""
    assert process.stdout is not None
    read = []
    for line in process.stdout:
        read.append(line)
        if word in line:
            return "".join(read)
    raise AssertionError(f"it ended without {word!r}: {read}")


@pytest.fixture(name="config")
def _config(small_hotel: dict[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "frontdesk.toml"
    lines = [
        "[connections.grand-hotel]",
        'connector = "mews"',
        f"base_url = {json.dumps(small_hotel['MEWS_BASE_URL'])}",
        f"client_token = {json.dumps(small_hotel['MEWS_CLIENT_TOKEN'])}",
        f"access_token = {json.dumps(small_hotel['MEWS_ACCESS_TOKEN'])}",
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@contextmanager
def logged_in(link: str) -> Iterator[httpx.Client]:
    """A browser that logs in by a link."""
    with httpx.Client() as client:
        shown = client.get(link)
        token = re.findall(r'name="form_token" value="([^"]*)"', shown.text)[0]
        assert client.post(link, data={"form_token": token}).status_code == 303
        yield client


def test_the_first_start_prints_a_link_and_logs_none(config: Path) -> None:
    """Seen to fail when the link is written to the log."""
    with running("run", "--config", str(config)) as service:
        printed = lines_until(service, "enter/")
        link = re.findall(r"http\S+", printed)[0]
        address = link.partition("enter/")[0]
        with logged_in(link) as client:
            assert "operator" in client.get(f"{address}account").text
        assert httpx.post(f"{address}webhooks/nobody").status_code == 404
        service.send_signal(signal.SIGTERM)
        _, logged = service.communicate(timeout=20)

    assert "Nobody has logged in yet" in printed
    assert "listening on" in logged
    assert "enter/" not in logged
    with running("run", "--config", str(config)) as again:
        assert again.stderr is not None
        for line in again.stderr:
            if "listening on" in line:
                break
        again.send_signal(signal.SIGTERM)
        assert again.communicate(timeout=20)[0] == ""


def test_a_service_without_pages(config: Path) -> None:
    config.write_text(config.read_text("utf-8") + "[service]\npages = false\n", "utf-8")
    with running("run", "--config", str(config)) as service:
        assert service.stderr is not None
        address = next(line for line in service.stderr if "listening on" in line).split()[-1]
        assert httpx.get(f"{address}login").status_code == 404
        service.send_signal(signal.SIGTERM)
        assert service.communicate(timeout=20)[0] == ""


def test_the_pages_of_a_store_alone(tmp_path: Path) -> None:
    store = str(tmp_path / "frontdesk.db")
    command = [*COMMAND, "pages", "--store", store]
    missing = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (missing.returncode, "there is no store" in missing.stderr) == (2, True)
    with blocking.Desk(store):
        pass
    links = []
    # Whoever can start them may look, also when somebody has logged in before.
    for _ in range(2):
        with running("pages", "--store", store) as served:
            printed = lines_until(served, "enter/")
            address, link = re.findall(r"http\S+", printed)
            with logged_in(link) as client:
                assert client.get(f"{address}metrics").status_code == 200
            links.append(link.rpartition("/")[2])
            served.send_signal(signal.SIGINT)
            served.wait(20)
    assert len(set(links)) == 2
