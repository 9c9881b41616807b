"""Takes the picture of the playground that the documents show.

    Tests/browser/run picture [FILE]
"""

import os
import pathlib
import sys

from browser import QUESTION, expect, sync_playwright
from serving import Serving

LIMIT = 200 * 1024
path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Documentation/pictures/playground.png")

serving = Serving("Recipes/atlas-proxy.yaml", key="")
with sync_playwright() as driver:
    browser = driver.chromium.launch(
        executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"] if os.geteuid() == 0 else [])
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page.goto(f"{serving.url}/#model=atlas-proxy&seed=1")
    expect(page.locator("#question")).to_be_enabled()
    page.fill("#question", QUESTION)
    page.press("#question", "Enter")
    expect(page.locator('.reply[data-state="done"]')).to_have_count(3)
    # The token where the composite is furthest from the small chat model.
    index = page.locator(".composite .token").evaluate_all(
        """nodes => nodes.map(node => Number(node.style.getPropertyValue("--variation")))
            .reduce((best, value, index, all) => value > all[best] ? index : best, 0)""")
    page.locator(".composite .token").nth(index).hover()
    expect(page.locator("#details")).to_be_visible()
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    browser.close()
assert serving.stop() == 0
size = path.stat().st_size
print(f"{path}: {size} bytes")
if size > LIMIT:
    sys.exit(f"The picture must have at most {LIMIT} bytes: {path} has {size}. Make the window smaller.")
