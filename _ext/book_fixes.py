"""Small repairs of the pages that Sphinx writes."""

# Docutils gives the bibliography roles that browsers and screen readers no longer accept.
DEPRECATED_ROLES = {
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
}


def mend_roles(app, pagename, templatename, context, doctree):
    for old, new in DEPRECATED_ROLES.items():
        if "body" in context:
            context["body"] = context["body"].replace(old, new)


def setup(app):
    app.connect("html-page-context", mend_roles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
