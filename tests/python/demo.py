"""The demo plays live, is applied, and is sound while it plays and when it has ended.

    demo.py LINK
"""

import sys

from browser import Browser

browser = Browser(sys.argv[1])
browser.show("scoring")
browser.until(lambda: browser.count("scoring", ".cell.good, .cell.bad") > 0, "questions are scored")
OTHER_LOOKS = ((1280, "dark"), (390, "light"))
browser.is_sound(["overview", "scoring"], OTHER_LOOKS)

# Keyboard alone: the first stop leads past the navigation, arrows move between tabs.
browser.driver.get(browser.root)
keys = lambda key: browser.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown", "key": key, "code": key})
keys("Tab")
assert "Skip" in browser.driver.switch_to.active_element.text
browser.until(lambda: "plan ready" in browser.text("overview"), "the recorded run ends")
browser.show("failures")
tabs = browser.many("failures", "[role=tab]")
assert len(tabs) > 1
tabs[0].send_keys("\ue014")
browser.until(lambda: tabs[1].get_attribute("aria-selected") == "true", "the next tab is chosen")
assert browser.driver.switch_to.active_element == tabs[1]

# What somebody types and opens stays when a view is swapped under them.
browser.show("do")
browser.type("do", "input.id", "half")
browser.click("do", "form[action='/do/start'] button")
browser.until(lambda: "planning" in browser.text("do"), "the run plays again")
browser.is_sound(["failures", "fixes", "apply", "changes", "rounds", "history", "do"], OTHER_LOOKS)
complaints = browser.complaints()
assert not complaints, complaints
browser.close()
