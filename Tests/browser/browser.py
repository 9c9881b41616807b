"""A page of the playground in a headless Chromium, for the tests."""

import os
import unittest

from playwright.sync_api import expect, sync_playwright
from serving import Serving

QUESTION = "I want to read Brave New World. Who wrote it?"
expect.set_options(timeout=60_000)


class BrowserTest(unittest.TestCase):
    """Opens pages of a server, and holds them to what every page must keep: no dialog, no error of a
    script, nothing asked of another server, no text wider than the window."""

    recipes = ["Recipes/atlas.yaml", "Recipes/atlas-proxy.yaml", "Recipes/atlas-truncated.yaml"]
    arguments = []
    key = ""

    @classmethod
    def setUpClass(cls):
        cls.serving = Serving(*cls.recipes, *cls.arguments, key=cls.key)
        cls.driver = sync_playwright().start()
        cls.browser = cls.driver.chromium.launch(
            executable_path=os.environ["CHROMIUM"],
            args=["--no-sandbox"] if os.geteuid() == 0 else [])

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.driver.stop()
        assert cls.serving.stop() == 0

    def setUp(self):
        self.faults = []
        # Codes of refusals that a test brings about: the browser logs them as errors.
        self.expected = []

    def tearDown(self):
        self.assertEqual(self.faults, [])

    def open(self, fragment="", width=1280, height=900, scheme="light", ready=True, routes=()):
        """A new page; `ready`: waits for the recipes."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme)
        self.addCleanup(context.close)
        page = context.new_page()
        page.on("dialog", lambda dialog: (self.faults.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: self.faults.append(f"{error}"))
        page.on("console", self.log)
        page.on("request", lambda request: request.url.startswith((self.serving.url, "blob:"))
                or self.faults.append(request.url))
        for pattern, handler in routes:
            page.route(pattern, handler)
        page.goto(f"{self.serving.url}/{fragment}")
        if ready:
            expect(page.locator("#question")).to_be_enabled()
        return page

    def log(self, message):
        if message.type == "error" and not any(code in message.text for code in self.expected):
            self.faults.append(message.text)

    def ask(self, page, question=QUESTION, replies=3):
        """Asks, and waits until all have answered."""
        page.fill("#question", question)
        page.press("#question", "Enter")
        self.answered(page, replies)

    def answered(self, page, replies=3):
        turn = page.locator(".turn").last
        expect(turn.locator('.reply[data-state="done"]')).to_have_count(replies)

    def text(self, page, name):
        """What a reply of the last turn says, as a person reads it: without the mark of its end."""
        return page.locator(".turn").last.locator(f'.reply[data-name="{name}"] .answers > .text').evaluate(
            """node => [...(node.querySelector(".tokens") ?? node).childNodes]
                .filter(child => !child.classList?.contains("mark"))
                .map(child => child.textContent).join("")""")

    def set_slider(self, page, name, value):
        """Moves a slider as a script would; what listens to it hears it."""
        page.locator(f'[id="knob-{name}"]').evaluate(
            """(node, value) => {
                node.value = value;
                node.dispatchEvent(new Event("input", { bubbles: true }));
            }""", str(value))

    def changed(self, page, name, action):
        """Waits until an action has had the last turn's reply generated anew."""
        reply = page.locator(".turn").last.locator(f'.reply[data-name="{name}"]')
        reply.evaluate("node => { node.dataset.before = 'yes'; node.addEventListener('statechange', "
                       "() => delete node.dataset.before, { once: true }); }")
        action()
        expect(reply).not_to_have_attribute("data-before", "yes")
        expect(reply).to_have_attribute("data-state", "done")

    def assert_fits(self, page):
        """Nothing is wider than the window."""
        inner, outer = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
        self.assertLessEqual(outer, inner)
