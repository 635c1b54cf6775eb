"""The page of a trace, in a browser: walked, asked, looked at in both lights and at every width, and by keyboard."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from scaffold.trace.page.excerpts import excerpts_of

from tracing import lesson_pages
from tracing.lesson_pages import LESSON

WIDTHS = (360, 390, 600, 768, 1024, 1280)
# A screen's height; what is sticky has to leave room on the lowest.
HEIGHT = 800
AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
Open = Callable[..., Page]
Shown = Callable[[str], bool]


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Return a browser of the system's packages."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium is installed: .ci/run shows how to")
    with sync_playwright() as playwright:
        # As root, as in a container, it has no sandbox.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the pages of the lesson."""
    folder = tmp_path_factory.mktemp("pages")
    lesson_pages.write(folder)
    return folder


@pytest.fixture
def open_page(browser: Browser, pages: Path) -> Generator[Open]:
    """Return how a page is opened; it may ask nobody for anything, and say nothing on the console."""
    asked: list[str] = []
    said: list[str] = []
    opened = []

    def give(name: str, width: int = 1280, light: str = "light", fragment: str = "") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            color_scheme="dark" if light == "dark" else "light",
            reduced_motion="reduce",
        )
        opened.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"file://{pages / name}.html{fragment}")
        return page

    yield give
    for context in opened:
        context.close()
    assert [url for url in asked if not url.startswith(f"file://{pages}") and not url.startswith("data:")] == []
    assert len(asked) == len(opened)
    assert said == []


def now(page: Page) -> str:
    """Return what the page says of the step that it is at."""
    return page.locator("#now").inner_text()


def marked(page: Page) -> str:
    """Return the line of code that is marked; none for what happens elsewhere."""
    lines = page.locator(".line.now .text")
    return lines.inner_text().strip() if lines.count() else ""


def actions(page: Page, run: int = 0) -> list[str]:
    """Return what a run's steps say."""
    return page.locator(f"section.run[data-run='{run}'] .action").all_inner_texts()


def test_it_is_walked_by_buttons_forward_and_back(open_page: Open) -> None:
    """Each step says where it is, and marks its line of code."""
    page = open_page("plain")
    seen = []
    for action in actions(page):
        assert action in now(page)
        seen.append(marked(page))
        page.locator("#next").click(force=True)
    assert seen == [
        "async def get_plain_db() -> AsyncIterator[AsyncSession]:",
        "yield db",
        "return await db.scalar(select(func.count()).select_from(Note)) or 0",
        "",
        "await db.close()",
        "await db.close()",
        "",
    ]
    back = []
    for _ in actions(page):
        back.append(marked(page))
        page.locator("#back").click(force=True)
    assert back == seen[::-1]
    assert "Step 1 of 7" in now(page)


def test_it_is_walked_by_keys(open_page: Open) -> None:
    """Also to the ends, and to the other run."""
    page = open_page("late")
    for key, step in (("Right", 2), ("Right", 3), ("Left", 2), ("End", 8), ("Right", 8), ("Home", 1)):
        page.keyboard.press(f"Arrow{key}" if key in ("Left", "Right") else key)
        assert f"Step {step} of 8" in now(page)
    page.keyboard.press("r")
    page.keyboard.press("End")
    assert page.locator("section.run.current h2").inner_text().startswith("The endpoint raises")
    assert page.url.endswith("#run-1-step-8")


def test_a_link_leads_to_a_step(open_page: Open) -> None:
    """As the address of a page that was walked says."""
    page = open_page("late", fragment="#run-1-step-5")
    assert "Step 5 of 8" in now(page)
    assert "The endpoint raises" in page.locator("section.run.current h2").inner_text()


def test_a_guilty_step_is_coloured_and_says_why(open_page: Open) -> None:
    """The commit that came too late, in its list, in the timeline, and at its line; nothing is, where all is well."""
    page = open_page("late")
    guilty = page.locator("li.step.bad")
    assert guilty.count() == 1
    assert "commit in get_late_db" in guilty.inner_text()
    assert "late-commit: the answer (201) was decided before the commit" in guilty.inner_text()
    colour = "element => getComputedStyle(element).backgroundColor"
    assert guilty.evaluate(colour) != page.locator("li.step").first.evaluate(colour)
    number = guilty.locator(".count").inner_text()
    assert page.locator(".moment.bad").get_attribute("data-step") == number
    assert number in page.locator(".at.bad").inner_text()
    page.locator(".verdict button").click()
    assert marked(page) == "await db.commit()"
    assert open_page("plain").locator(".bad").count() == 0


@pytest.mark.parametrize("name", ["plain", "late"])
def test_each_question_is_asked_before_it_is_answered(open_page: Open, name: str) -> None:
    """The answer says whether one was right, and walks to the step that proves it."""
    page = open_page(name)
    proofs = []
    for question in page.locator(".question").all():
        assert question.locator(".answer").inner_text() == ""
        assert question.locator(".option.right").count() == 0
        wrong = question.locator(".option[data-right='no']").first
        wrong.click()
        assert question.locator(".answer").inner_text().startswith("No. ")
        assert question.locator(".option.right").count() == 1
        question.locator(".option[data-right='yes']").click()
        assert question.locator(".answer").inner_text().startswith("Yes. ")
        current = page.locator("section.run.current")
        proofs.append((current.get_attribute("data-run"), current.locator(".step.now .action").inner_text()))
        question.locator(".answer button").click()
        assert page.locator("#now").evaluate(ON_SCREEN)
    get = f"get_{name}_db"
    assert proofs[:2] == [("0", f"{get} yields db"), ("0", f"code after yield of {get} starts")]
    assert proofs[2][0] == "1"
    assert proofs[2][1].startswith(f"code after yield of {get} starts, with RaisedByTrace")
    texts = page.locator(".option[data-right='yes']").all_inner_texts()
    assert [text.partition(":")[0].partition(",")[0] for text in texts] == [
        "yielded",
        "when the response has been sent",
        "before the error response",
    ]


ON_SCREEN = """element => {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth;
}"""
WITHIN = """element => {
  const inner = element.getBoundingClientRect();
  const outer = element.closest(".tracker").getBoundingClientRect();
  const first = element.parentElement.firstElementChild.getBoundingClientRect();
  return inner.left >= first.right - 1 && inner.right <= outer.right + 1;
}"""


def test_the_two_runs_stand_side_by_side(open_page: Open) -> None:
    """Where there is room; below each other where there is none."""
    for width, beside in ((1280, True), (800, True), (390, False)):
        page = open_page("late", width)
        tops = [page.locator(f"section.run[data-run='{run}']").bounding_box() for run in (0, 1)]
        assert tops[0] is not None
        assert tops[1] is not None
        assert (tops[0]["y"] == tops[1]["y"]) == beside
    assert [each.inner_text() for each in page.locator(".status").all()] == ["201", "500"]
    raised = actions(page, 1)
    assert raised.index("db.close() is awaited") < raised.index("response sent (500)")


@pytest.mark.parametrize("light", ["light", "dark"])
def test_it_fits_every_width(open_page: Open, light: str) -> None:
    """Nothing is cut off sideways, and the tracker's current cell stays in view at each step."""
    for width in WIDTHS:
        page = open_page("late", width, light)
        for _ in range(8):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("section.run.current td.now").evaluate(WITHIN), width
            page.keyboard.press("ArrowRight")


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_read_it(open_page: Open, width: int, light: str) -> None:
    """No rule of the accessibility guidelines is broken: contrast, names, roles, order; at any step."""
    page = open_page("late", width, light)
    page.locator(".option").first.click()
    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
        found = Axe().run(page, options=AA)
        assert found.violations_count == 0, found.generate_report()


def test_it_is_used_by_keyboard_only(open_page: Open) -> None:
    """What is focused is seen; one stop of the tab key leads into the list of steps, in which arrows walk."""
    page = open_page("late")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "To the steps"
    while "option" not in (page.locator(":focus").get_attribute("class") or ""):
        page.keyboard.press("Tab")
    outline = page.locator(":focus").evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert page.locator(".answer").first.inner_text() != ""
    while page.locator(":focus").get_attribute("id") != "next":
        page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert "Step 2 of 8" in now(page)
    stops = 0
    while page.locator("ol.steps :focus").count() == 0:
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 10
    page.keyboard.press("ArrowDown")
    assert "Step 3 of 8" in now(page)
    assert page.locator("ol.steps :focus").get_attribute("aria-current") == "step"
    page.keyboard.press("Tab")
    assert page.locator("ol.steps :focus").count() == 0


def test_a_reader_hears_each_step(open_page: Open) -> None:
    """Where one is, what happened, and at which line, in a place that is read out when it changes."""
    page = open_page("late")
    page.keyboard.press("End")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    assert page.locator("#now").get_attribute("role") == "status"
    assert (
        " ".join(now(page).split())
        == "Step 6 of 8: commit in get_late_db get_late_db closing main.py:43 await db.commit()"
    )
    drawn = page.get_by_role("img", name=re.compile(r"^Timeline: 8 steps in \d+\.\d ms; the response is sent after"))
    assert drawn.count() == 2
    assert page.get_by_role("region", name="States of the resources, as it was asked").count() == 1
    assert page.get_by_role("status").count() == 4


def test_without_javascript_it_can_still_be_read(browser: Browser, pages: Path) -> None:
    """Steps, code and verdict are there; what does nothing isn't."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"file://{pages}/late.html")
    assert page.get_by_text("commit in get_late_db").first.is_visible()
    assert page.get_by_text("await db.commit()").is_visible()
    assert not page.locator("#next").is_visible()
    assert not page.locator(".question").first.is_visible()
    context.close()


def trace(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Trace a request of the lesson's application, whose notes are kept in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "scaffold", "trace", *arguments, "--project", str(LESSON), "--python", sys.executable],
        cwd=folder,
        env={**os.environ, "NOTES": f"sqlite+aiosqlite:///{folder}/notes.db"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_was_given_is_text(browser: Browser, tmp_path: Path) -> None:
    """Whatever a path or a value looks like, none of it becomes a part of the page."""
    evil = "</script><img src=x onerror=document.title='taken'>\"'&lt;"
    ended = trace(tmp_path, "POST", f"/notes?title=a&more={evil}", "--html", "page.html")
    assert ended.returncode == 1, ended.stderr
    page = browser.new_page()
    page.goto(f"file://{tmp_path}/page.html")
    assert page.locator("img").count() == 0
    assert evil in page.locator("h1").inner_text()
    assert "taken" not in page.title().partition("document.title")[0]
    page.keyboard.press("ArrowRight")
    assert "Step 2 of" in now(page)
    page.close()


@pytest.mark.parametrize(("more", "sent"), [((), 1), (("--raise",), 2)])
def test_what_writes_is_sent_twice_only_if_that_is_said(tmp_path: Path, more: tuple[str, ...], sent: int) -> None:
    """A page may need a second run; a request that writes is the user's to repeat."""
    ended = trace(tmp_path, "POST", "/notes?title=a", "--html", "page.html", *more)
    assert ended.returncode == 1, ended.stderr
    page = (tmp_path / "page.html").read_text()
    assert page.count('<section class="run"') == sent
    # The second one raises, and is rolled back; it was sent all the same.
    assert ("No run here shows it" in page) == (sent == 1)
    read = trace(tmp_path, "GET", "/notes", "--html", "read.html")
    assert read.returncode == 0, read.stderr
    assert (tmp_path / "read.html").read_text().count('<section class="run"') == 2


def test_findings_of_both_runs_count(tmp_path: Path) -> None:
    """What the terminal shows is the run that was asked for; what is wrong in the other one is said, too."""
    ended = trace(tmp_path, "POST", "/notes?title=a", "--raise", "--html", "page.html", "--json")
    assert ended.returncode == 1
    found = json.loads(ended.stdout)
    assert (found["status"], found["findings"]) == (500, [])
    assert found["other_run"]["status"] == 201
    assert [each["kind"] for each in found["other_run"]["findings"]] == ["late-commit"]
    assert ended.stderr.splitlines()[0] == "page: page.html"


def test_it_never_takes_the_place_of_what_somebody_wrote(tmp_path: Path) -> None:
    """A page is written over another one only; everything else is refused before a request is sent."""
    (tmp_path / "main.py").write_text("mine = 1\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.html").touch()
    (tmp_path / "link.html").symlink_to("empty.html")
    for file, sentence in (
        ("main.py", "--html main.py is there and no page of this command's: name another file"),
        ("folder", "--html folder is a folder: name the file, as in folder/trace.html"),
        ("none/page.html", f"--html none/page.html: there is no folder {tmp_path}/none: make it, or name another file"),
        ("p" * 300, f"--html {'p' * 300} can't be used: File name too long: name another file"),
    ):
        ended = trace(tmp_path, "POST", "/notes?title=a", "--html", file)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.splitlines() == [f"scaffold: {sentence}"]
    assert (tmp_path / "main.py").read_text() == "mine = 1\n"
    assert not (tmp_path / "notes.db").exists()
    for _ in range(2):
        ended = trace(tmp_path, "GET", "/notes", "--html", "link.html")
        assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "link.html").is_symlink()
    assert "<title>GET /notes: 200, traced</title>" in (tmp_path / "empty.html").read_text()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["empty.html", "folder", "link.html", "main.py", "notes.db"]


def test_lines_are_counted_as_python_counts_them(tmp_path: Path) -> None:
    """A form feed ends none, nor does a separator of another alphabet; what can't be read is not shown."""
    source = tmp_path / "source.py"
    source.write_bytes("# \u2028\n\x0c\ndef first():\r\n    return '\\d'\n\nlast = 1\n".encode())
    [excerpt] = excerpts_of([(str(source), 4), (str(tmp_path / "none.py"), 1), (str(source), 3)])
    assert (excerpt.begin, excerpt.end) == (3, 4)
    assert "return" in excerpt.lines[1].code
    source.write_bytes(b"# coding: ascii\n\xff\n")
    assert excerpts_of([(str(source.rename(tmp_path / "other.py")), 1)]) == []


def text_of(page: str) -> str:
    """Return what a page says, whatever it measured, and whichever versions it was made with."""
    body = re.sub(r"<[^>]*>", "", page.partition("<body>")[2].partition("<script>")[0])
    return re.sub(r"\d+(\.\d+)+", "N", body)


@pytest.mark.parametrize("name", sorted(lesson_pages.PAGES))
def test_the_pages_of_the_lesson_are_current(pages: Path, name: str) -> None:
    """What README.md links is what the command writes: `python tests/tracing/lesson_pages.py` writes them anew."""
    kept, made = ((folder / f"{name}.html").read_text() for folder in (LESSON, pages))
    assert text_of(kept) == text_of(made)
    for part in (re.compile(rf"<{name}>.*?</{name}>", re.DOTALL) for name in ("style", "script")):
        assert part.findall(kept) == part.findall(made)
    assert str(Path.home()) not in kept
    assert f"(tests/tracing/lesson/{name}.html)" in (LESSON.parents[2] / "README.md").read_text()
