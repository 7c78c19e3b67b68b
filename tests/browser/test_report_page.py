"""The web page in a real browser: narrow and wide, light and dark, on paper, and to axe."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

each_edition = pytest.mark.parametrize("edition", ["internal", "publishable"])
each_width = pytest.mark.parametrize("width", [320, 768, 1440])
each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])

# What 182 mm, an A4 page without its margins, measures in the browser.
PRINTED_WIDTH = 688
OPEN_ALL = "document.querySelectorAll('details').forEach(part => part.open = true)"
SIDEWAYS = "document.scrollingElement.scrollWidth - window.innerWidth"
# What stands out of the window, other than within a part that scrolls by itself.
STICKS_OUT = """[...document.querySelectorAll("body *")]
    .filter(part => part.getBoundingClientRect().right > window.innerWidth + 1)
    .filter(part => !part.parentElement.closest(".scroll, .drawing"))
    .map(part => part.outerHTML.slice(0, 80))"""
CUT_OFF = """[...document.querySelectorAll(".scroll, .drawing")]
    .filter(part => part.scrollWidth > part.clientWidth + 1)
    .map(part => part.getAttribute("aria-label"))"""


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = 1440, scheme: str = "light", axe: bool = False
) -> Iterator[Page]:
    """Open a page that may ask for nothing outside its own file, and may complain of nothing."""
    told: list[str] = []

    def let_in(route: Route) -> None:
        if route.request.url == path.as_uri() or route.request.url.startswith("data:"):
            route.continue_()
        else:
            told.append(f"asked for {route.request.url}")
            route.abort()

    # axe is a script, which the page's own policy forbids.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=axe
    )
    context.route("**/*", let_in)
    page = context.new_page()
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert told == []


@each_edition
@each_width
@each_scheme
def test_nothing_scrolls_sideways_folded_or_unfolded(browser, reports, edition, width, scheme):
    with opened(browser, reports[edition], width=width, scheme=scheme) as page:
        assert page.evaluate(SIDEWAYS) == 0
        page.evaluate(OPEN_ALL)
        assert page.evaluate(SIDEWAYS) == 0
        assert page.evaluate(STICKS_OUT) == []


@each_edition
@each_width
@each_scheme
def test_axe_finds_nothing(browser, reports, edition, width, scheme):
    with opened(browser, reports[edition], width=width, scheme=scheme, axe=True) as page:
        # Unfolded once: the folded tables are most of what there is to check.
        if (width, scheme) == (320, "light"):
            page.evaluate(OPEN_ALL)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@each_edition
def test_dark_is_dark(browser, reports, edition):
    grounds = {}
    for scheme in ("light", "dark"):
        with opened(browser, reports[edition], scheme=scheme) as page:
            grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert grounds == {"light": "rgb(245, 246, 248)", "dark": "rgb(16, 19, 23)"}


@each_edition
def test_there_is_no_script_and_none_would_run(browser, reports, edition):
    page = browser.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(reports[edition].as_uri())
    assert page.locator("script, [onclick], [onload], [onerror]").count() == 0
    page.evaluate("""() => {
        const planted = document.createElement("script");
        planted.textContent = "window.ran = true";
        document.body.append(planted);
    }""")
    assert page.evaluate("window.ran") is None
    assert ["Content Security Policy" in text for text in told] == [True]
    page.close()


@each_edition
def test_every_figure_is_named_told_and_tabulated(browser, reports, edition):
    with opened(browser, reports[edition]) as page:
        figures = page.locator("figure").all()
        assert len(figures) >= 3
        for figure in figures:
            drawing = figure.locator("svg[role=img]")
            title = drawing.locator("> title").text_content()
            finding = drawing.locator("> desc").text_content()
            assert title in figure.locator("figcaption").text_content()
            assert len(finding) > 60
            assert figure.get_by_role("img", name=f"{title} {finding}", exact=True).count() == 1
            assert figure.locator("details table caption").count() == 1
            assert figure.locator("details tbody tr").count() >= 1
            assert figure.locator("details th:not([scope])").count() == 0


@each_edition
def test_headings_go_down_one_step_at_a_time(browser, reports, edition):
    with opened(browser, reports[edition]) as page:
        names = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
            "all => all.map(h => h.tagName)"
        )
    levels = [int(name[1]) for name in names]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@each_edition
def test_the_first_key_leads_past_the_contents(browser, reports, edition):
    with opened(browser, reports[edition]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
        page.keyboard.press("Enter")
        assert page.url.endswith("#headlines")


@each_edition
@pytest.mark.parametrize("is_open", [False, True], ids=["folded", "unfolded"])
def test_nothing_is_wider_than_the_printed_page(browser, reports, edition, is_open):
    with opened(browser, reports[edition], width=PRINTED_WIDTH) as page:
        page.emulate_media(media="print")
        if is_open:
            page.evaluate(OPEN_ALL)
        assert page.evaluate(SIDEWAYS) == 0
        assert page.evaluate(STICKS_OUT) == []
        assert page.evaluate(CUT_OFF) == []


def test_paper_shows_what_the_screen_folds_away(browser, reports):
    with opened(browser, reports["internal"]) as page:
        printed = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    with printed:
        sizes = {tuple(round(side) for side in sheet.get_size()) for sheet in printed}
        text = " ".join(sheet.get_textpage().get_text_range() for sheet in printed)
    assert sizes == {(595, 842)}
    for folded in ("Rows set aside, and why", "The trial that this contrast imitates"):
        assert folded in text
    assert "above the header" in text
    assert "as a table" not in text
