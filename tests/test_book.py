"""The built book, read as files: complete, self-contained, and without a broken link.

The book must have been built first: `make test` does, and so does `make book`.
"""

import base64
import inspect
import json
import re
import types
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from notebooks import chapter_paths, notebook_paths
from test_errors import named_chapters

import tinylinks

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
NOTEBOOKS = notebook_paths()

# Elements by which a page loads something, and the attribute that says what.
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
# <link rel="next"> and its like only point somewhere.
LOADING_RELS = {"stylesheet", "preload", "modulepreload", "icon", "manifest", "prefetch"}


class Page(HTMLParser):
    """What the tests need to know about one page."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.loads, self.links, self.ids, self.images = [], [], set(), []
        self.ways = {}  # "prev" and "next": the pages before and after
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("id"):
            self.ids.add(attrs["id"])
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "img":
            self.images.append(attrs)
        rels = set(attrs.get("rel", "").split())
        self.ways |= {way: attrs["href"] for way in rels & {"prev", "next"} if tag == "link"}
        if tag in LOADING and attrs.get(LOADING[tag]) and (tag != "link" or rels & LOADING_RELS):
            self.loads.append(attrs[LOADING[tag]])


def is_elsewhere(address):
    """Tell whether an address leads to another host."""
    return bool(urlsplit(address).netloc)


def find_target(page, address):
    """Return the file an address on a page leads to, and the anchor in it."""
    parts = urlsplit(address)
    path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
    return path, unquote(parts.fragment)


def bad_alternative_text(image):
    """Say what is wrong with the alternative text of a picture, or return None."""
    text = image.get("alt")
    if text is None:
        return "none"
    if re.fullmatch(r"\S+\.(png|svg|jpe?g|gif|webp)", text.strip()):
        return f"only a file name: {text}"
    if len(text.split()) < 4:
        return f"too short to tell anything: {text!r}"
    return None


@pytest.fixture(scope="module")
def pages():
    assert HTML.is_dir(), f"there is no book in {HTML}: run `python dev.py book` first"
    # _static holds pages of the theme that nobody visits, and lite is JupyterLite.
    others = [HTML / "_static", HTML / "lite"]
    paths = [path for path in HTML.rglob("*.html") if not {*others} & {*path.parents}]
    return {path: Page(path) for path in paths}


@pytest.fixture(scope="module")
def chapters(pages):
    """The pages of the chapters, by the path of their notebook."""
    assert NOTEBOOKS
    return {path: pages[HTML / path.relative_to(ROOT).with_suffix(".html")] for path in NOTEBOOKS}


def test_top_page_leads_to_the_landing_page(pages):
    text = (HTML / "index.html").read_text(encoding="utf-8")
    target = re.search(r'url=([^"]+)"', text)
    assert target, "index.html sends nobody on"
    assert (HTML / target[1]).resolve() == HTML / "chapters" / "index.html"
    assert HTML / "chapters" / "index.html" in pages


def test_book_holds_what_it_should(chapters):
    for name in (
        "api",
        "same_pattern",
        "dictionary",
        "rules",
        "rule_tests",
        "teaching",
        "glossary",
        "bibliography",
    ):
        assert (HTML / "chapters" / f"{name}.html").exists()
    assert (HTML / "search.html").exists()


def test_the_index_leads_to_the_chapters(pages, chapters):
    index = pages[HTML / "genindex.html"]
    targets = {find_target(index, link) for link in index.links}
    for path, page in chapters.items():
        if path.stem[:2].isdigit() and "exercises" not in path.parts:
            places = [anchor for target, anchor in targets if target == page.path]
            assert len(places) > 1, f"the index has almost nothing of {path.name}"


def public_names():
    """Return the full names of all classes, functions and values that the library offers."""
    modules = [tinylinks, tinylinks.functions, tinylinks.links]
    names = {f"{module.__name__}.{name}" for module in modules for name in module.__all__}
    for module in filter(inspect.ismodule, vars(tinylinks).values()):
        if module.__name__.split(".")[-1] in tinylinks.__all__ and module not in modules:
            names |= {
                f"{module.__name__}.{name}"
                for name, value in vars(module).items()
                if getattr(value, "__module__", None) == module.__name__
                and name in getattr(module, "__all__", [name])
                and name[0] != "_"
            }
    # Neither modules nor names of types, such as Axis, have an entry of their own.
    no_entry = (types.ModuleType, types.UnionType)
    return {name for name in names if not isinstance(resolve(name), no_entry)}


def resolve(name):
    value = tinylinks
    for part in name.split(".")[1:]:
        value = getattr(value, part)
    return value


def test_api_page_tells_of_every_public_name(pages):
    names = public_names()
    assert {"tinylinks.Variable", "tinylinks.functions.relu", "tinylinks.optimizers.SGD"} <= names
    assert names - pages[HTML / "chapters" / "api.html"].ids == set()


def test_search_index_knows_the_words_of_the_chapters(chapters):
    index = (HTML / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    names = {path.relative_to(ROOT).with_suffix("").as_posix() for path in chapters}
    assert names <= set(index["docnames"])
    assert {"gradient", "slope"} <= {*index["terms"], *index["titleterms"]}


def test_pages_load_nothing_from_another_host(pages):
    found = [
        f"{page.path.name}: {address}"
        for page in pages.values()
        for address in page.loads
        if is_elsewhere(address)
    ]
    assert found == []


def test_styles_load_nothing_from_another_host(pages):
    addresses = re.compile(r"""(?:@import\s+|url\(\s*)["']?((?:https?:)?//[^"')\s]+)""")
    found = [
        f"{path.name}: {address}"
        for path in HTML.rglob("*.css")
        for address in addresses.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_pages_load_is_there(pages):
    missing = [
        f"{page.path.name}: {address}"
        for page in pages.values()
        for address in page.loads
        if not address.startswith("data:") and not find_target(page, address)[0].is_file()
    ]
    assert missing == []


def test_links_and_anchors_lead_somewhere(pages):
    broken = []
    for page in pages.values():
        for address in page.links:
            if is_elsewhere(address) or urlsplit(address).scheme:
                continue
            path, anchor = find_target(page, address)
            if not path.exists():
                broken.append(f"{page.path.name}: {address}: no such file")
            elif anchor and path in pages and anchor not in pages[path].ids:
                broken.append(f"{page.path.name}: {address}: no such place in the page")
    assert broken == []


def test_a_page_bears_the_number_of_its_file(chapters):
    mains = set(chapter_paths().values())  # a companion has its number in the title
    shown = {path: page_number(page.path) for path, page in chapters.items()}
    assert shown == {path: int(path.stem[:2]) if path in mains else None for path in shown}


def page_number(path):
    """Return the number in front of the title of a page, or None."""
    title = re.search(
        r'<h1><span class="section-number">(\d+)\. </span>', path.read_text(encoding="utf-8")
    )
    return int(title[1]) if title else None


def test_a_chapter_that_an_error_names_is_found_by_its_number(pages):
    """A reader of "(See chapter 4.)" looks into the table of contents, and opens that page."""
    named = named_chapters()
    assert len(named) > 5
    numbers = {path: page_number(path) for path in pages}
    lost = []
    for path in HTML.glob("chapters/*.html"):
        links = re.findall(r'href="([^"]+)">(\d+)\. [^<]', path.read_text(encoding="utf-8"))
        targets = {int(number): find_target(pages[path], link)[0] for link, number in links}
        for number in named - {numbers[path]}:
            if numbers.get(targets.get(number)) != number:
                lost.append(f"{path.name}: chapter {number}")
    assert lost == []


def test_pictures_have_alternative_text(chapters):
    faults = [
        f"{path.name}: {image.get('src')}: {fault}"
        for path, page in chapters.items()
        for image in page.images
        if "logo__image" not in image.get("class", "")  # beside the title it says nothing new
        if (fault := bad_alternative_text(image))
    ]
    assert faults == []


@pytest.mark.parametrize(
    "image",
    [{}, {"alt": ""}, {"alt": "figure_1.png"}, {"alt": "../_images/0a1b.png"}, {"alt": "A plot"}],
)
def test_bad_alternative_text_is_noticed(image):
    assert bad_alternative_text(image)


def test_good_alternative_text_passes():
    assert bad_alternative_text({"alt": "The error falls, then rises again."}) is None


def test_chapters_offer_their_notebook_without_its_outputs(chapters):
    for path, page in chapters.items():
        links = [link for link in page.links if "?" not in link]  # one opens JupyterLite
        files = [link for link in links if link.endswith(".ipynb")]
        assert all("/blank/" in link for link in files), "the file with outputs"
        offered = [link for link in page.links if link.startswith("data:application/x-ipynb+json")]
        assert len(offered) == 1, f"{path.name} is not offered on its page"
        cells = json.loads(base64.b64decode(offered[0].partition(",")[2]))["cells"]
        assert {cell["id"] for cell in cells} >= {
            cell["id"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        }
        assert not any(cell.get("outputs") for cell in cells)


def test_stored_outputs_are_on_the_page(chapters):
    """The book shows the printed outputs that the notebooks hold, and runs nothing itself."""
    for path, page in chapters.items():
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        shown = page.path.read_text(encoding="utf-8").count("cell_output docutils")
        visible = [
            cell
            for cell in cells
            if cell["outputs"] and not {"remove-output", "remove-cell"} & set(tags(cell))
        ]
        assert shown == len(visible), path.name


def tags(cell):
    return cell["metadata"].get("tags", [])


def test_next_and_previous_lead_from_chapter_to_chapter():
    """Companions, exercises and the page of steps lie beside the way; they lead back to it."""
    chapters = [f"{path.stem}.html" for path in chapter_paths().values()]
    pages = [Page(HTML / "chapters" / name) for name in chapters]
    assert [page.ways["next"] for page in pages[:-1]] == chapters[1:]
    assert [page.ways["prev"] for page in pages[1:]] == chapters[:-1]
    aside = Page(HTML / "chapters" / "step_through.html")
    assert (aside.ways["prev"], aside.ways["next"]) == (chapters[4], chapters[5])


@pytest.mark.parametrize("path", chapter_paths().values(), ids=lambda path: path.stem[:2])
def test_pictures_are_sharp_on_screens_with_twice_the_pixels(path):
    page = Page(HTML / "chapters" / f"{path.stem}.html")
    pictures = [image for image in page.images if "/_images/" in image["src"]]
    assert pictures
    for image in pictures:
        size = [int(n) for n in re.findall(r"(?:width|height): (\d+)px", image["style"])]
        head = find_target(page, image["src"])[0].read_bytes()[:24]  # a PNG tells its size there
        pixels = [int.from_bytes(head[i : i + 4]) for i in (16, 20)]
        assert all(2 * n <= m <= 2 * n + 1 for n, m in zip(size, pixels, strict=True)), image
