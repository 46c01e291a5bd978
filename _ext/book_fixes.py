"""Small repairs of the pages that Sphinx writes."""

import re

from docutils import nodes

# Docutils gives the bibliography roles that browsers and screen readers no longer accept.
DEPRECATED_ROLES = {
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
}


def mend_roles(app, pagename, templatename, context, doctree):
    for old, new in DEPRECATED_ROLES.items():
        if "body" in context:
            context["body"] = context["body"].replace(old, new)


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


def setup(app):
    app.connect("html-page-context", mend_roles)
    app.connect("env-get-updated", number_by_file_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
