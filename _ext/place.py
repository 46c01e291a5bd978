"""Let the book remember, in the reader's own browser, where the reader was (see _static/place)."""

import json
import re

LANDING = "chapters/index"
SCRIPT = """
<script type="application/json" id="place">{about}</script>
<script>if (location.protocol !== "file:") import(new URL("{script}", location.href))</script>
"""


def what_to_know(app, page):
    """Return what the script needs on this page, or None where it has nothing to do."""
    if page == LANDING:
        chapters = sorted(name for name in app.env.found_docs if is_chapter(name))
        titles = {name: title(app, name) for name in chapters}
        return {"top": "../", "chapters": chapters, "titles": titles}
    if is_chapter(page) or page.startswith(("chapters/in_full/", "chapters/exercises/")):
        return {"page": page}
    return None


def is_chapter(page):
    return re.match(r"chapters/\d\d_", page) is not None


def title(app, page):
    return f"{int(page.split('/')[1][:2])}. {app.env.titles[page].astext()}"


def offer(app, pagename, templatename, context, doctree):
    about = what_to_know(app, pagename)
    if about and "body" in context:
        script = "../" * pagename.count("/") + "_static/place/place.mjs"
        text = json.dumps(about).replace("<", "\\u003c")
        context["body"] += SCRIPT.format(about=text, script=script)


def setup(app):
    app.connect("html-page-context", offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
