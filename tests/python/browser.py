"""A headless Chromium on the dashboard, and what all scripts do with it."""

import json
import os
import tempfile

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

# For everything that is waited for: a machine under load is slow, a hang is endless.
DEADLINE = 240

VIEWS = ["overview", "scoring", "failures", "fixes", "apply", "changes", "rounds", "history", "do"]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1280,900",
]


class Browser:
    """One window; its tabs share the session cookie."""

    def __init__(self, link):
        options = webdriver.ChromeOptions()
        for flag in FLAGS + [f"--user-data-dir={tempfile.mkdtemp()}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.get(link)
        self.until(lambda: "token=" not in self.driver.current_url, "the link leads to the page")
        self.root = self.driver.current_url.split("#")[0].rstrip("/")

    def until(self, true, what):
        # The page swaps a view whenever something happened in it; who held a part of it looks anew.
        swapped = (NoSuchElementException, StaleElementReferenceException)
        waiting = WebDriverWait(self.driver, DEADLINE, poll_frequency=0.1, ignored_exceptions=swapped)
        try:
            return waiting.until(lambda _: true())
        except Exception as error:
            raise AssertionError(f"{what}: not within {DEADLINE} s; the page says:\n{self.page()}") from error

    def page(self):
        return self.driver.find_element(By.TAG_NAME, "main").text

    def show(self, view):
        self.driver.execute_script("location.hash = arguments[0]", view)
        self.until(lambda: self.driver.find_element(By.ID, view).is_displayed(), f"the view {view} shows")

    def text(self, view):
        """All text of a view, shown or not, with single spaces."""
        script = """
            const walker = document.createTreeWalker(document.getElementById(arguments[0]), NodeFilter.SHOW_TEXT);
            const texts = [];
            while (walker.nextNode()) texts.push(walker.currentNode.data);
            return texts.join(" ");
        """
        return " ".join(self.driver.execute_script(script, view).split())

    def says(self, view, *wanted):
        for text in wanted:
            self.until(lambda: text in self.text(view), f"`{text}` in the view {view}, which says: {self.text(view)}")

    def count(self, view, selector):
        script = "return document.getElementById(arguments[0]).querySelectorAll(arguments[1]).length"
        return self.driver.execute_script(script, view, selector)

    def one(self, view, selector):
        return self.driver.find_element(By.CSS_SELECTOR, f"#{view} {selector}")

    def many(self, view, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, f"#{view} {selector}")

    def click(self, view, selector):
        self.show(view)
        click = lambda: self.driver.execute_script("arguments[0].click(); return true", self.one(view, selector))
        self.until(click, f"a click on {selector}")

    def type(self, view, selector, text):
        """Types into a field of a view that is shown, in place of what it holds."""

        def typed():
            field = self.one(view, selector)
            field.clear()
            field.send_keys(text)
            return self.one(view, selector).get_attribute("value") == text

        self.until(typed, f"typing into {selector}")

    def replied(self, view, form):
        """What the page answered below a form."""
        output = lambda: self.one(view, f"form[action='/do/{form}'] output").text
        return self.until(lambda: output() if output() not in ("", "…") else None, f"a reply to {form}")

    def tab(self):
        """Opens another tab and gives both handles, the new one second; stays where it is."""
        here = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        self.driver.get(self.root)
        there = self.driver.current_window_handle
        self.driver.switch_to.window(here)
        return here, there

    def complaints(self):
        """What the browser's console holds against the page, such as a broken policy."""
        # A refused form answers with an error status, which the console mentions.
        ours = lambda entry: "Failed to load resource" not in entry["message"]
        return [entry["message"] for entry in self.driver.get_log("browser") if ours(entry)]

    def look(self, scheme, width):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def faults(self):
        """Serious faults that axe finds on what is shown; none if axe is not there."""
        path = os.environ.get("AXE_JS")
        if path is None:
            assert "CI" not in os.environ, "AXE_JS is not set"
            return []
        with open(path) as file:
            # Through the debugger, as the page's own policy lets no script in.
            self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": file.read()})
        script = "axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))"
        options = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = self.driver.execute_cdp_cmd("Runtime.evaluate", options)["result"]
        serious = [fault for fault in json.loads(answer["value"]) if fault["impact"] in ("serious", "critical")]
        return [f"{fault['id']}: {node['html'][:200]}" for fault in serious for node in fault["nodes"][:3]]

    def is_sound(self, views=VIEWS, looks=((1280, "light"), (390, "dark"))):
        """Every view, wide and narrow: no serious fault, nothing cut off."""
        for width, scheme in looks:
            self.look(scheme, width)
            for view in views:
                self.show(view)
                faults = self.faults()
                assert not faults, f"{view}, {scheme}, {width} px: {faults}"
                wide = self.driver.execute_script("return document.documentElement.scrollWidth")
                assert wide <= width, f"{view} is {wide} px wide on a screen of {width} px"
        self.look("light", 1280)

    def close(self):
        self.driver.quit()
