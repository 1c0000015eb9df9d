"""The book in a real browser, from disk, with the network off."""

import pytest

from authoring.pages.book.site import write_book
from helpers.book_reader import PHONE, Reader
from helpers.book_samples import lay_out
from helpers.browser import ROOT


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The book of a tiny course."""
    folder = tmp_path_factory.mktemp("tiny")
    write_book(lay_out(folder / "notebooks"), folder / "book", {})
    return folder / "book"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The book of the course itself."""
    target = tmp_path_factory.mktemp("course") / "book"
    write_book(ROOT / "notebooks", target, {})
    return target


@pytest.fixture
def reader(browser):
    """Open readers; every one of them must have had no trouble."""
    readers = []

    def new(**looks):
        readers.append(Reader(browser, **looks))
        return readers[-1]

    yield new
    for one in readers:
        one.context.close()
        assert one.problems == []


def colour(page, of="body"):
    """The colour of the paper."""
    return page.locator(of).evaluate("it => getComputedStyle(it).backgroundColor")


def test_from_the_cover_through_the_pages(made, reader):
    page = reader().open(made / "index.html")
    page.get_by_role("link", name="Start here").click()
    assert page.get_by_role("heading", level=1).inner_text() == "One & two"
    page.get_by_role("link", name="a term").click()
    assert page.url.endswith("words.html#a-term")
    page.locator("a[rel=prev]").click()
    assert page.title() == "Next · Attention by Hand"
    page.locator("#book-contents").get_by_role("link", name="Words", exact=True).click()
    assert page.title() == "Words · Attention by Hand"


def test_the_first_tab_skips_to_the_text(made, reader):
    page = reader().open(made / "words.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"


def test_solutions_unfold(made, reader):
    page = reader().open(made / "00_first.html")
    assert not page.get_by_text("In words.").is_visible()
    page.get_by_text("Solution", exact=True).click()
    assert page.get_by_text("In words.").is_visible()


def test_a_live_view_lives_in_the_colours_of_the_page(made, reader):
    page = reader(color_scheme="dark").open(made / "00_first.html")
    number = page.frame_locator("iframe").locator("#n")
    number.click()
    assert number.inner_text() == "2"
    assert not page.get_by_alt_text("a 1").is_visible()
    assert page.locator("iframe").get_attribute("title") == "Counter"
    ink = "it => getComputedStyle(it).color"
    assert number.evaluate(ink) == page.locator("body").evaluate(ink)
    page.get_by_role("button", name="Dark").click()
    assert number.evaluate(ink) == page.locator("body").evaluate(ink) == "rgb(31, 35, 40)"


def test_the_theme_is_the_systems_until_the_reader_chooses(made, reader):
    page = reader(color_scheme="dark").open(made / "index.html")
    dark, button = colour(page), page.get_by_role("button", name="Dark")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert colour(page) == "rgb(255, 255, 255)" != dark
    page.goto((made / "words.html").as_uri())
    assert colour(page) == "rgb(255, 255, 255)"
    button.click()
    assert colour(page) == dark and not page.evaluate("localStorage.getItem('book-theme')")
    page.emulate_media(media="print")
    assert colour(page) == "rgb(255, 255, 255)"
    assert not page.locator("header").is_visible()


def test_the_search_is_for_the_keyboard(made, reader):
    page = reader().open(made / "words.html")
    page.keyboard.press("/")
    page.keyboard.type("Two wo")
    first = page.locator("#book-search li").first
    first.wait_for()
    assert "Next › Two words" in first.inner_text()
    assert first.locator("mark").all_inner_texts() == ["Two", "wo"]
    page.keyboard.press("ArrowDown")
    assert first.locator("a").evaluate("link => link === document.activeElement")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/01_next.html#Two-words")


def test_the_search_says_when_nothing_is_there_and_closes(made, reader):
    page = reader().open(made / "words.html")
    page.get_by_role("button", name="Search").click()
    page.keyboard.type("<b>zebra(")
    page.get_by_text("0 sections").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert not page.locator("#book-search").is_visible()


def test_a_page_sent_alone_says_that_it_cannot_search(made, reader, tmp_path):
    alone = tmp_path / "alone.html"
    alone.write_bytes((made / "00_first.html").read_bytes())
    one = reader()
    page = one.open(alone)
    page.keyboard.press("/")
    page.get_by_text("This page is alone").wait_for()
    missed = one.problems.pop()
    assert "ERR_FILE_NOT_FOUND" in missed


def test_on_a_phone_the_contents_are_behind_a_button(made, reader):
    page = reader(viewport=PHONE).open(made / "00_first.html")
    contents = page.locator("#book-contents")
    assert not contents.is_visible()
    page.locator(".fold").click()
    assert contents.is_visible()
    contents.get_by_role("link", name="section").click()
    assert not contents.is_visible()
    assert page.locator("h2").evaluate("it => it.getBoundingClientRect().top") < 120


def test_every_page_of_the_course_opens_and_fits_a_phone(course, reader):
    one = reader(viewport=PHONE)
    for path in sorted(course.glob("*.html")):
        page = one.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name
        one.picture(f"{path.stem}_phone")
        assert one.problems == [], path.name


def test_the_search_finds_the_chapter_on_masks(course, reader):
    one = reader()
    page = one.open(course / "index.html")
    one.picture("cover", full_page=True)
    page.keyboard.press("/")
    page.keyboard.type("padding mask")
    results = page.locator("#book-search li")
    results.first.wait_for()
    best, *others = results.all_inner_texts()
    assert best.startswith("Glossary › padding mask")
    assert any(text.startswith("Masks › The padding mask") for text in others[:4])
    one.picture("search")


def test_the_stepper_steps_in_the_dark(course, reader):
    one = reader(color_scheme="dark")
    page = one.open(course / "05_attention_by_hand.html")
    stepper = page.frame_locator("iframe[title=AttentionStepper]").first
    slider = stepper.get_by_role("slider").first
    slider.focus()
    before = slider.input_value()
    slider.press("ArrowRight")
    assert slider.input_value() != before
    page.locator("iframe").first.scroll_into_view_if_needed()
    one.picture("stepper_dark")
