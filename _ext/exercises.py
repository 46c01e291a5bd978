"""Pages of exercises: the lines that mark a solution are for programs, so they are not shown."""

import json

MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")


def hide_marks(app, page, source):
    if not page.startswith("chapters/exercises/"):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        lines = "".join(cell["source"]).split("\n")
        cell["source"] = "\n".join(line for line in lines if line.strip() not in MARKS)
    source[0] = json.dumps(notebook)


def setup(app):
    app.connect("source-read", hide_marks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
