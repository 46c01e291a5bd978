"""Which chapter explains what: the one place that gives chapters their numbers."""

CHAPTERS = {
    "slope": 1,
    "box": 2,
    "history": 3,
    "walk_back": 4,
    "diamond": 5,
    "arithmetic": 6,
    "shapes": 7,
    "wx_plus_b": 8,
    "bend": 9,
    "parameters": 10,
    "linear": 11,
    "links": 12,
    "downhill": 13,
    "classes": 14,
    "handwriting": 15,
    "learnt": 16,
    "window": 17,
    "backward_needs": 18,
    "derivative": 19,
    "gpu": 20,
}


def see(key: str, in_full: bool = False) -> str:
    """Say where to read on: in a chapter, or in the companion page that has the rest of its code.

    A key is a word of the name of the chapter's file.
    """
    return f"(See chapter {CHAPTERS[key]}{', in full' if in_full else ''}.)"
