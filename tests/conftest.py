"""Puts the stand-in for the hosts' ``modules`` where it is found, and makes it fresh for each test that asks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "fake_webui"))


def pytest_addoption(parser):
    parser.addoption("--webui", help="address of a running WebUI with automask in it, for tests/live")


@pytest.fixture
def webui(monkeypatch):
    """A host with automask in it. Red is what its pipeline finds to change; see ``webui_host``."""
    from webui_host import Host

    return Host(monkeypatch)


@pytest.fixture
def run(webui, monkeypatch):
    """Generate with passes in that host; see ``webui_passes``."""
    from webui_passes import generate_with_passes

    yield from generate_with_passes(webui, monkeypatch)


@pytest.fixture
def cut_out_red(monkeypatch):
    """In place of the models: red is cut out of a picture, if there is any."""
    from webui_host import cut_out_red

    from lib_automask import cutout

    monkeypatch.setattr(cutout, "cut_out_target", cut_out_red)
