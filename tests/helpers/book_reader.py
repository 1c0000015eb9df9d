"""A reader of the book: a browser window on pages from disk, with the network off."""

from helpers.browser import SCREENSHOTS

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1300, "height": 1000}


class Reader:
    """A browser window on a page from disk, which keeps a list of everything that goes wrong."""

    def __init__(self, browser, viewport=DESK, **looks):
        self.context = browser.new_context(viewport=viewport, offline=True, **looks)
        self.page, self.problems = self.context.new_page(), []
        self.page.on("request", self.watch)
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def watch(self, request):
        """Note what is fetched from anywhere but this disk."""
        if not request.url.startswith(("file:", "data:", "about:")):
            self.problems.append(request.url)

    def listen(self, message):
        """Note what the browser complains about."""
        if message.type == "error":
            self.problems.append(message.text)

    def open(self, path):
        """Go to a page."""
        self.page.goto(path.as_uri())
        return self.page

    def picture(self, name, **more):
        """Keep a picture for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"book_{name}.png", **more)
