"""Small repairs of the pages that Sphinx writes."""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

import tinylinks

# Docutils gives the bibliography roles that browsers and screen readers no longer accept.
DEPRECATED_ROLES = {
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
}


def mend_roles(app, pagename, templatename, context, doctree):
    for old, new in DEPRECATED_ROLES.items():
        if "body" in context:
            context["body"] = context["body"].replace(old, new)


def flatten_modules(app, pagename, templatename, context, doctree):
    """Sphinx puts lists of modules right into other lists, where no browser expects them."""
    if pagename == "_modules/index":
        head, start, rest = context["body"].partition("<ul>")
        rest = re.sub(r"</?ul>", "", rest)
        context["body"] = f"{head}{start}{rest}</ul>"


def pass_by_companions(app, pagename, templatename, context, doctree):
    """Let Next and Previous lead from chapter to chapter, past the pages below it."""
    relations = app.env.collect_relations()  # page -> [page above, page before, page after]

    def is_nested(page):
        above = relations[page][0] if page in relations else None
        return bool(above) and re.match(r"chapters/\d\d_", above)

    for place, name in ((1, "prev"), (2, "next")):
        page = relations.get(pagename, [None] * 3)[place]
        # From a page below a chapter, Previous leads to its chapter, which is the page above.
        if place == 1 and is_nested(pagename):
            page = relations[pagename][0]
        while page and is_nested(page):
            page = relations[page][place]
        if context.get(name):
            context[name] = link_to(app, pagename, page) if page else None


def link_to(app, pagename, page):
    title = app.builder.render_partial(app.env.titles[page])["title"]
    return {"link": app.builder.get_relative_uri(pagename, page), "title": title}


def number_by_file_name(app, env):
    """Give each chapter the number in its file's name. Sphinx counts, and so leaves no gaps."""
    changed = []
    for page, numbers in env.toc_secnumbers.items():
        match = re.match(r"chapters/(\d\d)_", page)
        title = env.titles[page]
        if match and title["secnumber"][0] != int(match[1]):
            number = int(match[1])
            references = [r for r in env.tocs[page].findall(nodes.reference) if r.get("secnumber")]
            for place in [title, *references]:
                place["secnumber"] = [number, *place["secnumber"][1:]]
            for anchor, old in numbers.items():
                if old:  # None for what stands too deep to have a number
                    numbers[anchor] = (number, *old[1:])
            changed.append(page)
    return changed


def public_names():
    """Return the names that a reader may look up in the index."""
    modules = [module for module in vars(tinylinks).values() if hasattr(module, "__all__")]
    return {name for module in [tinylinks, *modules] for name in module.__all__}


class IndexChapter(SphinxTransform):
    """Put into the index where a chapter explains a term, and where it builds a name."""

    default_priority = 800  # before Sphinx collects what the index lists

    def apply(self):
        page = re.match(r"chapters/(in_full/)?(\d\d)_", self.env.docname)
        if not page:
            return
        title = next(self.document.findall(nodes.title)).astext()
        if not page[1]:  # a companion has its number in the title
            title = f"{int(page[2])}. {title}"
        for count, (word, node) in enumerate(self.places().items()):
            id = f"index-of-chapter-{count}"
            node["ids"].append(id)  # not on an empty target: the search shows the text of a place
            index = addnodes.index(entries=[("single", f"{word}; {title}", id, "", None)])
            node.parent.insert(node.parent.index(node), index)

    def places(self):
        """Return what the index lists of this chapter, and the first place of each."""
        found = {}
        for node in self.document.findall(addnodes.pending_xref):
            if node["reftype"] == "term":
                found.setdefault(node["reftarget"], node.parent)
        for node in self.document.findall(nodes.literal_block):
            for name in re.findall(r"^(?:class|def) (\w+)", node.astext(), re.MULTILINE):
                if name in public_names():
                    found.setdefault(name, node)
        return found


def setup(app):
    app.add_transform(IndexChapter)
    app.connect("html-page-context", mend_roles)
    app.connect("html-page-context", flatten_modules)
    app.connect("html-page-context", pass_by_companions)
    app.connect("env-get-updated", number_by_file_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
