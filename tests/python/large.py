"""A run of 500 questions and 10,000 events in the browser.

    large.py make PROJECT        makes such a run of the newest plan of the project
    large.py look LINK MOST      looks at it; MOST: milliseconds until the first paint

Prints what it measured: the first paint, the elements on the page, the time to change to each view,
the longest gap between two frames while all views are gone through and scrolled.
"""

import glob
import hashlib
import json
import os
import shutil
import sys

QUESTIONS, EVENTS = 500, 10_000


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)


def many(items, key):
    """As many items as there are to be questions, each with an id of its own."""
    return [{**items[at % len(items)], key: f"{items[at % len(items)][key]}-{at}"} for at in range(QUESTIONS)]


def make(project):
    own = f"{project}/.genie-enhance"
    run = max(os.path.dirname(path) for path in glob.glob(f"{own}/runs/*/plan.json"))
    large = f"{own}/runs/20991231T000000Z"
    shutil.copytree(run, large)
    for name in ("suite", "scorecard-before", "scorecard-after"):
        document = read(f"{large}/{name}.json")
        document["questions"] = many(document["questions"], "id")
        write(f"{large}/{name}.json", document)
    plan = read(f"{large}/plan.json")
    plan["questions"] = many(plan["questions"], "id")
    del plan["id"]
    canonical = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    write(f"{large}/plan.json", {**plan, "id": hashlib.sha256(canonical.encode()).hexdigest()})
    with open(f"{large}/events.jsonl", encoding="utf-8") as file:
        first, *events, last = [json.loads(line) for line in file]
    events = (events * (EVENTS // len(events) + 1))[: EVENTS - 2]
    with open(f"{large}/events.jsonl", "w", encoding="utf-8") as file:
        for at, event in enumerate([first, *events, last]):
            file.write(json.dumps({**event, "seq": at}, ensure_ascii=False) + "\n")


def look(link, most):
    from browser import VIEWS, Browser

    browser = Browser(link)
    run = browser.driver.execute_script
    # The second load has what a user's next look has: a warm server, an empty page.
    browser.driver.get(browser.root)
    paint = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    browser.until(lambda: run(paint), "the first paint")
    found = {"first paint, ms": round(run(paint))}
    reply = run("const [n] = performance.getEntriesByType('navigation'); return [n.responseStart, n.responseEnd, n.decodedBodySize]")
    found["reply begins, ms"], found["reply ends, ms"], found["page, bytes"] = map(round, reply)
    found["elements"] = run("return document.querySelectorAll('*').length")
    run(
        """
        window.gap = 0;
        let before = performance.now();
        const frame = (now) => { window.gap = Math.max(window.gap, now - before); before = now; requestAnimationFrame(frame); };
        requestAnimationFrame(frame);
        """
    )
    change = """
        const [view, done] = arguments, began = performance.now();
        location.hash = view;
        requestAnimationFrame(() => requestAnimationFrame(() => {
            window.scrollTo(0, document.body.scrollHeight);
            requestAnimationFrame(() => done(performance.now() - began));
        }));
    """
    found["views, ms"] = {view: round(browser.driver.execute_async_script(change, view)) for view in VIEWS}
    found["longest gap between frames, ms"] = round(run("return window.gap"))
    print(json.dumps(found))
    assert str(QUESTIONS) in browser.text("scoring") or str(QUESTIONS) in browser.text("overview"), browser.text("overview")
    browser.close()
    assert found["first paint, ms"] <= most, found
    # A list of everything would be tens of thousands of elements.
    assert found["elements"] <= 20_000, found


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    look(sys.argv[2], int(sys.argv[3]))
