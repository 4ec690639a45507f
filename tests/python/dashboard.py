"""A whole plan and apply through the page, compared with what lies in the project's files.

    dashboard.py LINK PROJECT OLD NEW

OLD is a text of its space.yaml that is replaced by NEW, for a plan of edits.
"""

import glob
import json
import os
import sys

from browser import Browser

link, project, old, new = sys.argv[1:]
own = f"{project}/.genie-enhance"
browser = Browser(link)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def latest_plan():
    with open(f"{own}/plans/latest") as file:
        return read(f"{own}/plans/{file.read().strip()}")


def newest_run(command):
    for folder in sorted(glob.glob(f"{own}/runs/*"), reverse=True):
        with open(f"{folder}/events.jsonl", encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        if events[0]["command"] == command:
            return folder, events
    raise AssertionError(f"there is no run of {command}")


def both(score):
    sides = (score["learn"], score["holdout"])
    return tuple(sum(side[key] for side in sides) for key in ("correct", "total"))


def percent(score):
    return f"{100 * score[0] / score[1]:.1f}%"


def correct(question, side):
    return question[side] == "correct"


def status(text):
    browser.show("overview")
    browser.until(lambda: text in browser.text("overview"), f"the status `{text}`")


def upload(name, text):
    path = f"{project}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    browser.show("do")
    browser.one("do", "input[type=file]").send_keys(path)
    browser.click("do", "form[action='/do/benchmarks'] button")
    return browser.replied("do", "benchmarks")


def upload_with_mistakes():
    questions = "questions:\n  - id: more-1\n    question: 운행 수\n    sql: SELECT 1\n  - id: more-2\n    question: x\n"
    said = upload("more.yaml", questions)
    assert "not taken" in said and "benchmarks/more.yaml:5" in said and "sql" in said, said
    assert not os.path.exists(f"{project}/benchmarks/more.yaml")


def configure():
    area = browser.one("do", "#config-text")
    before = area.get_attribute("value")
    change = "const [area, from, to] = arguments; area.value = area.value.replace(from, to);"
    browser.driver.execute_script(change, area, "target:", "tarket:")
    browser.click("do", "form[action='/do/config'] button[value=save]")
    said = browser.replied("do", "config")
    assert "tarket" in said and "genie.yaml:" in said and "not taken" in said, said
    with open(f"{project}/genie.yaml") as file:
        assert file.read() == before


def plan_with_a_reload():
    """Starts a plan; a reload in the middle and a second tab see the same run."""
    browser.click("do", "form[action='/do/start'] button")
    assert "has begun" in browser.replied("do", "start")
    browser.show("scoring")
    scored = lambda: browser.count("scoring", ".cell.good, .cell.bad, .cell.warn")
    browser.until(lambda: scored() >= 3, "some questions are scored")
    events = lambda: int(browser.driver.execute_script("return document.body.dataset.seq"))
    before, total = events(), len(browser.many("scoring", ".strip .cell"))
    browser.driver.refresh()
    assert events() > before, "the page goes on where the run is"
    assert browser.driver.current_url.endswith("#scoring"), "the same view"
    assert browser.text("scoring").count("of") and total > 0
    here, there = browser.tab()
    status("plan ready")
    return here, there


VIEWS = ("overview", "scoring", "failures", "fixes", "apply", "changes", "rounds", "history")


def agrees(there):
    """The second tab, which nobody has touched since, shows the same once both have heard of all."""
    here = browser.driver.current_window_handle

    def texts(tab):
        browser.driver.switch_to.window(tab)
        return {view: browser.text(view) for view in VIEWS}

    browser.until(lambda: texts(there) == texts(here), "both tabs show the same")


def shows(plan):
    """Every view against the plan file and the run's events."""
    _, events = newest_run("plan")
    kinds = lambda kind: [event for event in events if event["type"] == kind]
    before, after = both(plan["score"]["before"]), both(plan["score"]["after"])
    fixed = [q for q in plan["questions"] if correct(q, "after") and q["before"] in ("incorrect", "no-sql", "bad-sql", "needs-review")]
    broken = [q for q in plan["questions"] if correct(q, "before") and not correct(q, "after")]
    verdict = plan["verdict"].replace("-", " ")
    browser.says("overview", f"{after[0]} of {after[1]}", percent(after), f"from {percent(before)}", verdict)
    browser.says("overview", plan["id"][:8], f"{len(fixed)} fixed", f"{len(broken)} broken")
    browser.says("overview", f"{len(kinds('trial-started'))} trial")
    for guard in plan["guards"]:
        browser.says("overview", guard["rule"])

    asked = [event for event in kinds("question-scored") if not event["cached"]]
    browser.says("overview", f"Questions asked {len(asked)} ")
    last = kinds("scoring-finished")[-1]
    browser.says("scoring", f"✓ {last['correct']} right", f"of {last['total']}")

    wrong = [q for q in plan["questions"] if not (correct(q, "before") and correct(q, "after"))]
    assert browser.count("failures", "details.item") == len(wrong), (len(wrong), browser.text("failures"))
    for question in wrong:
        browser.says("failures", question["id"])
    if wrong:
        browser.show("failures")
        first = lambda: browser.one("failures", ".tab-panel:not([hidden]) details.item")
        browser.driver.execute_script("arguments[0].open = true", first())
        browser.until(lambda: "Gold SQL" in first().text and "SELECT" in first().text, "both queries of a failure")
        # Long lists load what is opened: closed again, the page is as in a tab that nobody touched.
        browser.driver.refresh()

    assert browser.count("fixes", "details.item[id^=change-]") == len(plan["changes"])
    for category in {change["category"] for change in plan["changes"]}:
        number = sum(change["category"] == category for change in plan["changes"])
        row = browser.driver.execute_script(
            "return document.querySelector(arguments[0]).closest('tr').textContent", f"#fixes .legend .key.cat-{category}"
        )
        assert str(number) in row.split("%")[0], (category, number, row)
    browser.says("fixes", f"{plan['evidence']['wins']} : {plan['evidence']['losses']}", f"{len(plan['rejections'])} rejected")
    for change in plan["changes"]:
        browser.says("fixes", change["id"])
        browser.says("changes", change["id"])

    browser.says("apply", f"0 of {len(plan['changes'])}", "not applied", f"On the shadow {len(kinds('trial-started'))}")
    better = sum(bool(event["fixed"]) and not event["broken"] for event in kinds("trial-finished"))
    if kinds("trial-finished"):
        browser.says("apply", f"✓ {better} better")
    browser.says("changes", f"Every difference {len(plan['changes'])}")

    for side in ("learn", "holdout"):
        score = plan["score"]["after"][side]
        if score["total"]:
            browser.says("rounds", f"{score['correct']} of {score['total']}")
    for event in kinds("round-finished"):
        browser.says("rounds", f"round {event['round']}", f"{event['correct']} of {event['total']}")
    browser.says("history", plan["id"][:8], verdict, f"{percent(before)} → {percent(after)}")
    assert browser.count("do", "input[name=ids]") == len(plan["changes"])


def approve(typed):
    browser.show("do")
    browser.type("do", "input.id", typed)
    browser.click("do", "form[action='/do/apply'] button")
    return browser.replied("do", "apply")


def apply(plan):
    said = approve("0123456789")
    assert "refused" in said and "not this plan" in said, said
    assert not os.path.exists(f"{own}/state.json"), "nothing was applied"
    said = approve(plan["id"][:8])
    assert f"Applying {len(plan['changes'])} change" in said, said
    status("applied")
    record = read(f"{own}/state.json")["applied"][-1]
    assert record["plan_id"] == plan["id"], record
    browser.says("apply", f"{len(plan['changes'])} of {len(plan['changes'])}", "applied and read back")
    browser.says("history", f"apply #{record['serial']}", plan["id"][:8])
    return record


def edit(change):
    with open(f"{project}/space.yaml", encoding="utf-8") as file:
        text = file.read()
    assert change[0] in text
    with open(f"{project}/space.yaml", "w", encoding="utf-8") as file:
        file.write(text.replace(*change, 1))


def plan_again(earlier):
    browser.click("do", "form[action='/do/start'] button")
    browser.replied("do", "start")
    browser.until(lambda: latest_plan()["id"] != earlier, "another plan")
    status("plan ready")
    return latest_plan()


def roll_back(record):
    serial = record["serial"]
    browser.show("history")
    form = f"form:has(input[name=serial][value='{serial}'])"
    opened = "arguments[0].closest('details').open = true; return true"
    browser.until(lambda: browser.driver.execute_script(opened, browser.one("history", form)), "the form of the way back")
    browser.type("history", f"{form} input[name=typed]", f"#{serial}")
    browser.click("history", f"{form} button")
    status("applied")
    browser.says("history", f"rollback #{serial + 1}")
    states = read(f"{own}/state.json")["applied"]
    assert states[-1]["after_digest"] == states[-3]["after_digest"] != states[-2]["after_digest"]


upload_with_mistakes()
configure()
here, there = plan_with_a_reload()
plan = latest_plan()
shows(plan)
agrees(there)
browser.is_sound()
apply(plan)
agrees(there)
edit((old, new))
second = plan_again(plan["id"])
assert second["id"] != plan["id"] and any(c["evidence"]["status"] == "declared" for c in second["changes"]), second
browser.says("overview", second["id"][:8])
agrees(there)
approve(second["id"])
status("applied")
roll_back(read(f"{own}/state.json")["applied"][-1])
complaints = browser.complaints()
assert not complaints, complaints
browser.close()
