"""Run the cells of a page one by one, as a notebook does, where there is no Jupyter.

Nothing here knows of a browser: `emit` is set by whoever hosts this module, and is called with
each output as soon as there is one, in the form in which notebooks store it. So the same file runs
in the worker of a page, under Node, and in the plain Python of the tests.
"""

import ast
import base64
import inspect
import io
import json
import linecache
import sys
import traceback
import types


def emit(output):
    """Send an output (JSON) to whoever shows it; replaced by the host."""
    print(output)


def send(output_type, **content):
    emit(json.dumps({"output_type": output_type, **content}))


class Stream(io.TextIOBase):
    """What a cell prints: sent at each end of line, and at the end of the cell."""

    encoding = "utf-8"
    most = 200_000  # characters of one cell: an endless loop that prints would fill the page

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.begin()

    def begin(self):
        self.waiting, self.room = "", self.most

    def writable(self):
        return True

    def write(self, text):
        self.waiting += text
        if "\n" in text:
            self.flush()
        return len(text)

    def flush(self):
        text, self.waiting = self.waiting[: self.room], ""
        if not text:
            return
        self.room -= len(text)
        if not self.room:
            text += f"\n[cut here: a cell of the page shows {self.most:,} characters at most]\n"
        send("stream", name=self.name, text=text)


STREAMS = Stream("stdout"), Stream("stderr")

# How a value shows itself, by the method that notebooks ask for.
KINDS = {
    "_repr_markdown_": "text/markdown",
    "_repr_html_": "text/html",
    "_repr_svg_": "image/svg+xml",
}


def flush():
    for stream in STREAMS:
        stream.flush()


# What a cell shows


def display(*values):
    """Show values as notebooks do: figures as pictures, what has an HTML form in that form."""
    flush()
    for value in values:
        send("display_data", data=forms(value))


def forms(value):
    """Return {kind: content} of a value: its text, and what is better to look at."""
    data = {"text/plain": repr(value)}
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot and isinstance(value, pyplot.Figure):
        return data | {"image/png": picture(value)}
    for name, kind in KINDS.items():
        method = getattr(type(value), name, None)  # of the type: a class itself has no picture
        content = method(value) if method else None
        if content is not None:
            data[kind] = content
    return data


def picture(figure):
    """Return a figure as PNG, in base64, with two pixels for one: a screen may show as many."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=2 * figure.dpi, bbox_inches="tight")
    return base64.b64encode(file.getvalue()).decode()


def show_figures(*args, **kwargs):
    """Show the figures that are open, and close them. Stands for `matplotlib.pyplot.show`."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot:
        display(*map(pyplot.figure, pyplot.get_fignums()))
        pyplot.close("all")


def watch_pyplot():
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot:
        pyplot.show = show_figures


# Running


def start():
    """Return the names of a new, empty module `__main__`, in which the cells run."""
    main = types.ModuleType("__main__")
    main.display = display
    sys.modules["__main__"] = main
    return vars(main)


async def run(source, number, names):
    """Run a cell; return whether it came to its end. What it raises is shown, as in a notebook."""
    name = f"<cell {number}>"
    source = without_magics(source)
    # There a traceback finds the lines of the cell.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = STREAMS
    for stream in STREAMS:
        stream.begin()
    try:
        await execute(source, name, names)
        show_figures()
        return True
    except BaseException as error:  # KeyboardInterrupt too: it ends the cell, not Python
        flush()
        show_error(error)
        return False
    finally:
        flush()
        sys.stdout, sys.stderr = before


def without_magics(source):
    """Replace lines that are for Jupyter only, such as %pip, by empty ones."""
    lines = source.split("\n")
    return "\n".join("" if line.startswith(("%", "!")) else line for line in lines)


async def execute(source, name, names):
    """Run the statements of a cell, and show the value of the last if it is an expression."""
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    watch_pyplot()
    await evaluate(compile_cell(tree, name, "exec"), names)
    watch_pyplot()  # the statements may have imported it
    if last is not None:
        value = await evaluate(compile_cell(ast.Expression(last.value), name, "eval"), names)
        if value is not None and not source.rstrip().endswith(";"):
            names["_"] = value
            flush()
            send("execute_result", data=forms(value))


def compile_cell(tree, name, mode):
    return compile(tree, name, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


async def evaluate(code, names):
    value = eval(code, names)
    return await value if code.co_flags & inspect.CO_COROUTINE else value


def show_error(error):
    """Show an error with the lines of cells that led to it, as the book's own pages do."""
    report = traceback.TracebackException.from_exception(error)
    leave_out_libraries(report)
    lines = list(report.format())
    send("error", ename=type(error).__name__, evalue=str(error), traceback=lines)


def leave_out_libraries(report):
    cells = [frame for frame in report.stack if frame.filename.startswith("<")]
    report.stack = traceback.StackSummary.from_list(cells)
    for earlier in filter(None, (report.__cause__, report.__context__)):
        leave_out_libraries(earlier)
