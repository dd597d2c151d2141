"""A headless Chromium that notes every error and every request; tests skip, saying so, where there is none."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

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
def network() -> ModuleType:
    """Return the made-up network of the tests of pages."""
    return loaded("sample_network")


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


class Page:
    """A page as its reader handles it."""

    def __init__(self, browser: webdriver.Chrome, file: Path) -> None:
        self.browser = browser
        browser.get(file.as_uri())
        assert browser.execute_script("return document.documentElement.dataset.ready") == "yes"

    def one(self, selector: str) -> WebElement:
        """Return the first element of a selector."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        """Return every element of a selector."""
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def script(self, text: str, *given: Any) -> Any:
        """Return what a script returns that runs in the page."""
        return self.browser.execute_script(text, *given)

    def text(self, selector: str) -> str:
        """Return the text of an element, shown or not."""
        return str(self.script("return document.querySelector(arguments[0]).textContent", selector))

    def choose(self, box: str, words: str) -> None:
        """Type words into a box with a list, and take the first that fits."""
        field = self.in_view(f"#{box}")
        field.click()
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(words)
        field.send_keys(Keys.ENTER)

    def press(self, selector: str) -> None:
        """Click on an element."""
        self.in_view(selector).click()

    def point_at(self, target: str | WebElement) -> str:
        """Move the pointer to an element and return what the page then tells of it."""
        actions = ActionChains(self.browser, duration=50)
        # From the corner: a pointer that rests where the element comes to lie enters nothing.
        actions.w3c_actions.pointer_action.move_to_location(0, 0)
        actions.move_to_element(self.in_view(target)).perform()
        return self.text("#tip")

    def in_view(self, target: str | WebElement) -> WebElement:
        """Return an element, scrolled to the middle of the window."""
        element = self.one(target) if isinstance(target, str) else target
        self.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        return element


@pytest.fixture
def open_page(browser: webdriver.Chrome, watch: Watch) -> Callable[[Path], Page]:
    """Return what opens a file, watched from before it is opened."""
    return lambda file: Page(browser, file)


@pytest.fixture
def page(open_page: Callable[[Path], Page], file: Path) -> Page:
    """Open the file of a test's module."""
    return open_page(file)
