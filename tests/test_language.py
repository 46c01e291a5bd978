"""The words of the book: plain ones, and never those that stopped its first readers."""

import ast
import re
import tokenize

import pytest
from notebooks import CHAPTERS, ROOT, notebook_paths, read, source

# What is not written -> what is written instead.
INSTEAD = {
    r"\bshall\b": "will, or: we want it to",
    r"\banew\b": "again, fresh, from the start",
    r"\b(?:or|and) else\b|[,;] else\b|(?:^|[.:] )Else\b": "otherwise",
    r"\bless (?:the|its|their)\b": "minus",
    r"\b(?:takes?|took|taking|taken) off\b": "subtracts, removes",
    r"\bmakes? (?:[\w`]+ ){0,2}of (?:each|it|them|the|an?)\b(?! same| kind)": "turns x into y",
    r"(?:^|[.:;] |: )[Ww]ho (?!am\b|are\b|is\b)\w+s\b(?![^.]*\?)": "if you do it, or: whoever does",
    r"\b(?:told|tell|tells) from\b": "computed from, known from",
    r"\b(?:is|are|be|was|much|no) of (?:\w+ )?use\b": "useful, helps",
    r"\bstands? (?:in|at|on|above|below|under|before|after|there|here|where|as)\b": (
        "is, is written"
    ),
    r"\bbeside\b": "next to, compared with",
    r"(?:^|[.:;] )To \w+ (?:\w+ ){0,4}is\b": "the gerund: forgetting it is",
}
# Where the pages speak of messages and mistakes.
ON_PAGES = {
    r"\b(?:with|by|in) an? (?:\w+ )?sentence\b|\berrors? (?:is|are) (?:one )?sentences?\b": (
        "an error message in plain words"
    ),
    r"\b(?<!planted )faults?\b": "mistake, bug; inaccuracy of a number",
}


def found(text, rules):
    """Yield (phrase, what to write instead) for each phrase of a text that the rules name."""
    for pattern, instead in rules.items():
        for match in re.finditer(pattern, text, re.MULTILINE):
            yield " ".join(match[0].split()), instead


def prose(path):
    """Return the Markdown of a page without its code."""
    if path.suffix == ".md":
        text = path.read_text(encoding="utf-8")
    else:
        cells = read(path)["cells"]
        text = "\n\n".join(source(cell) for cell in cells if cell["cell_type"] == "markdown")
    text = re.sub(r"^```(?:python|console|text|bash)?\n.*?^```", "", text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`|\$[^$\n]*\$", "x", text)


def words_of_code(path):
    """Return the texts and comments of a module, and nothing of its code."""
    parts = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            parts.append(node.value)
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    parts += [token.string for token in tokens if token.type == tokenize.COMMENT]
    return re.sub(r">>> .*|``[^`]*``|`[^`]*`", "x", "\n".join(parts))


PAGES = [*notebook_paths(), *sorted(CHAPTERS.glob("*.md")), ROOT / "README.md"]
MODULES = sorted((ROOT / "tinylinks").rglob("*.py"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_uses_plain_words(path):
    assert list(found(prose(path), {**INSTEAD, **ON_PAGES})) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_and_messages_use_plain_words(path):
    assert list(found(words_of_code(path), INSTEAD)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Now it shall remember.",
        "They are drawn anew.",
        "Otherwise fine, else not.",
        "Else the same examples are in one group.",
        "a row less its mean",
        "It takes off the mean.",
        "It makes of the method a generator.",
        "Who forgets backward, is warned.",
        "It can be told from the result.",
        "That is of no use. It is of use.",
        "A leaf stands before the place.",
        "the file beside it",
        "To forget this line is a mistake.",
    ],
)
def test_a_phrase_is_found(text):
    assert list(found(text, INSTEAD))


@pytest.mark.parametrize(
    "text",
    [
        "None stands for ones.",
        "Who is it for?",
        "Who uses it?",
        "a list of lists",
        "if it is there, otherwise not",
    ],
)
def test_a_plain_text_is_not(text):
    assert not list(found(text, INSTEAD))
