"""A headless Chromium that notes every error and every request; tests skip, saying so, where there is none."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,1000",
)


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """Return the made-up region of the tests of pages."""
    return loaded("sample_region")


@pytest.fixture(scope="session")
def sample_model() -> ModuleType:
    """Return the made-up model of the tests of pages."""
    return loaded("sample_model")


def loaded(name: str) -> ModuleType:
    """Return a module of the tests of pages."""
    file = Path(__file__).parent.parent / f"unit/reporting/{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Give one browser for the run, with a profile of its own."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium with chromedriver here: on Debian, `apt-get install chromium chromium-driver`")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=Service(driver))
    yield found
    found.quit()


class Watch:
    """What the browser noted since the page was opened."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser
        browser.get_log("browser")
        browser.get_log("performance")

    def errors(self) -> list[str]:
        """Return warnings and errors of the console."""
        return [
            entry["message"] for entry in self.browser.get_log("browser") if entry["level"] in ("WARNING", "SEVERE")
        ]

    def requests(self) -> list[str]:
        """Return every address that was asked for outside the page and the browser itself."""
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith(("file://", "data:", "chrome://"))]


@pytest.fixture
def watch(browser: webdriver.Chrome) -> Watch:
    """Forget what earlier pages left in the logs, and watch from here."""
    return Watch(browser)
