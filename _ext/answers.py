"""Answers that wait: what a prediction asks for is folded until the reader opens it.

A box with the title Predict is followed by a code cell. The output of this cell and an ``{answer}``
right after it go into one ``<details>``, which needs no script. An ``{answer}`` elsewhere, such as
after a box with the title Question, is folded by itself.
"""

import html
import re

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective


class answer(nodes.General, nodes.Element):
    """What is folded; its `question` tells screen readers which answer it is."""


class AnswerDirective(SphinxDirective):
    has_content = True

    def run(self):
        node = answer(question="")
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class FoldAnswers(SphinxTransform):
    """Put the output after a prediction into the fold, and give each fold its question."""

    default_priority = 790  # when the outputs of cells are there

    def apply(self):
        for box in list(self.document.findall(nodes.admonition)):
            title = box.next_node(nodes.title)
            if title is None or title.astext() not in ("Predict", "Question"):
                continue
            following = box.parent[box.parent.index(box) + 1 :]
            if title.astext() == "Predict":
                following = fold_output(following)
            if following and isinstance(following[0], answer):
                following[0]["question"] = question_of(box)


def fold_output(following):
    """Fold the output of the cell that comes first; return the nodes that follow its input."""
    if not following or "cell" not in following[0].get("classes", []):
        return following
    cell, *rest = following
    outputs = [part for part in cell.children if "cell_output" in part.get("classes", [])]
    fold = rest[0] if rest and isinstance(rest[0], answer) else answer(question="")
    if fold.parent is None:
        cell.parent.insert(cell.parent.index(cell) + 1, fold)
    for output in reversed(outputs):
        cell.remove(output)
        # The style of outputs is that of the cell they belong to.
        fold.insert(0, nodes.container("", output, classes=[*cell["classes"], "answer_output"]))
    return [fold]


def question_of(box):
    """Return the last question of a box, or its first sentence."""
    text = " ".join(part.astext() for part in box.children[1:]).replace("\n", " ")
    sentences = re.split(r"(?<=[.?!:]) ", text)
    questions = [sentence for sentence in sentences if sentence.endswith("?")]
    return (questions or sentences)[-1 if questions else 0]


def visit_html(self, node):
    question = f'<span class="visually-hidden">: {html.escape(node["question"])}</span>'
    self.body.append(
        '<details class="answer"><summary>Show the answer'
        f"{question if node['question'] else ''}</summary>\n"
    )


def depart_html(self, node):
    self.body.append("</details>\n")


def no_fold(self, node):
    """On paper, answers are printed in their place."""


def setup(app):
    paper = (no_fold, no_fold)
    app.add_node(
        answer, html=(visit_html, depart_html), latex=paper, text=paper, man=paper, texinfo=paper
    )
    app.add_directive("answer", AnswerDirective)
    app.add_transform(FoldAnswers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
