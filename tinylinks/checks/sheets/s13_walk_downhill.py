"""Sheet 13: rules that walk downhill, what they remember, and a hook."""

import math

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong


def numbers(what, value):
    """Return a list of numbers as an array, or say that it is none."""
    if not isinstance(value, list | tuple | np.ndarray):
        kind = "None" if value is None else f"a value of type {type(value).__name__}"
        raise Mistake(f"{what} are {kind}, expected a list.")
    return np.asarray(value, float)


PLACES = """\
def momentum_places(gradients, lr, momentum):
    p, v, places = 0.0, 0.0, []
    for g in gradients:
        v = momentum * v - lr * g
        p += v
        places.append(p)
    return places
"""


class momentum_places(Task):
    without = ("MomentumSGD", "SGD")

    def expected(self, gradients, lr, momentum):
        # step j is felt in all places from j on: lr * g_j * (1 + momentum + momentum**2 + ...)
        places = []
        for i in range(len(gradients)):
            felt = [(1 - momentum ** (i - j + 1)) / (1 - momentum) for j in range(i + 1)]
            places.append(-lr * np.dot(gradients[: i + 1], felt))
        return np.array(places)

    def given(self, *gradients):
        self.watch(np.array(gradients))
        return list(gradients)

    def check_first(self, momentum_places):
        """At first the speed is 0. Which way is downhill?"""
        for lr, momentum in [(0.1, 0.9), (0.5, 0.25)]:
            g = float(self.array(low=0.5, high=2.0))
            for gradient in (g, -g):
                places = numbers("the places", momentum_places([gradient], lr, momentum))
                yield "places", places, np.array([-lr * gradient])

    def check_steady(self, momentum_places):
        """The speed keeps most of itself, also on flat ground, and each slope pushes again."""
        for lr, momentum in [(0.1, 0.9), (0.5, 0.25)]:
            g = float(self.array(low=0.5, high=2.0))
            for gradients in ([g, g, g, g], [g, 0.0, 0.0]):
                places = numbers("the places", momentum_places(list(gradients), lr, momentum))
                yield "places", places, self.expected(gradients, lr, momentum)

    def check_changing(self, momentum_places):
        """Each update has a gradient of its own. What is in v when p moves?"""
        for count, lr, momentum in [(3, 0.1, 0.9), (5, 0.5, 0.25)]:
            gradients = self.array(count).tolist()
            places = numbers("the places", momentum_places(gradients, lr, momentum))
            yield "places", places, self.expected(gradients, lr, momentum)

    wrongs = [
        Wrong(
            "first",
            "the list begins with the place before the first update",
            PLACES.replace("0.0, []", "0.0, [0.0]"),
        ),
        Wrong(
            "first",
            "the slope is also subtracted directly, on top of the speed",
            PLACES.replace("p += v", "p += momentum * v - lr * g"),
        ),
        Wrong("first", "the walk goes up the slope", PLACES.replace("- lr", "+ lr")),
        Wrong("first", "lr is not used", PLACES.replace("lr * g", "g")),
        Wrong(
            "first",
            "p moves before v has taken in the slope",
            PLACES.replace(
                "        v = momentum * v - lr * g\n        p += v\n",
                "        p += v\n        v = momentum * v - lr * g\n",
            ),
        ),
        Wrong(
            "first",
            "the slope is multiplied by 1 - momentum, as in a moving mean",
            PLACES.replace("lr * g", "lr * (1 - momentum) * g"),
        ),
        Wrong(
            "steady", "v keeps nothing of itself: that is SGD", PLACES.replace("momentum * v", "0")
        ),
        Wrong(
            "steady",
            "what is listed are the speeds, which still have to be added up",
            PLACES.replace("append(p)", "append(v)"),
        ),
        Wrong("steady", "v keeps all of itself", PLACES.replace("momentum * v", "v")),
        Wrong(
            "steady",
            "momentum also multiplies the slope",
            PLACES.replace("momentum * v - lr * g", "momentum * (v - lr * g) if v else -lr * g"),
        ),
        Wrong(
            "steady",
            "only the first slope pushes, and then the ball slows down",
            PLACES.replace("lr * g\n", "(0 if places else lr * g)\n"),
        ),
        Wrong(
            "steady",
            "only the last place is listed",
            PLACES.replace("places.append(p)", "places = [p]"),
        ),
        Wrong(
            "changing",
            "all updates use the first gradient",
            PLACES.replace("lr * g\n", "lr * gradients[0]\n"),
        ),
        Wrong(
            "changing",
            "the gradients are taken from the last to the first",
            PLACES.replace("in gradients", "in gradients[::-1]"),
        ),
        Wrong(
            "first",
            "the gradients are taken out of the list that was given, which belongs to others, too",
            PLACES.replace("for g in gradients:", "while gradients:\n        g = gradients.pop(0)"),
        ),
        Wrong(
            "first",
            "the places are kept in a default, and the next call goes on in the same list",
            PLACES.replace("momentum):", "momentum, places=[]):").replace(
                "p, v, places = 0.0, 0.0, []", "p, v = 0.0, 0.0"
            ),
        ),
    ]


ADAGRAD = """\
class AdaGrad(Optimizer):
    state_names = ("h",)

    def __init__(self, lr=0.01, eps=1e-8):
        self.lr = lr
        self.eps = eps

    def update_core(self, data, grad, state):
        h = state["h"]
        h += grad * grad
        data -= self.lr * grad / (np.sqrt(h) + self.eps)
"""


def model(task, *arrays):
    """Return a Link with these Parameters: a, b and so on."""
    link = task.lib.Link()
    with link.init_scope():
        for name, array in zip("abc", arrays):
            setattr(link, name, task.lib.Parameter(array.copy()))
    return link


def step(optimizer, **gradients):
    """Give these gradients to the Parameters, none to the others, and update."""
    for name in "abc":
        param = getattr(optimizer.target, name, None)
        if param is not None:
            param.grad = gradients[name].copy() if name in gradients else None
    optimizer.update()


class AdaGrad(Task):
    def expected(self, p, gradients, lr=0.01, eps=1e-8):
        squares = np.cumsum(np.square(gradients), axis=0)
        moves = [lr * g / (h**0.5 + eps) for g, h in zip(gradients, squares)]
        return (p - np.sum(moves, axis=0)).astype(p.dtype)

    def check_first_step(self, AdaGrad):
        """After one update, h is the square of g. How long is the step, and which way?"""
        for dtype in (np.float32, np.float64):
            p, g = self.array(2, 3, dtype=dtype), 5 * self.array(2, 3, dtype=dtype)
            link = model(self, p)
            step(AdaGrad(lr=0.1).setup(link), a=g)
            yield "the parameter", link.a.data, self.expected(p, [g], 0.1)
            yield "its gradient after the step", link.a.grad, g

    def check_remembers(self, AdaGrad):
        """h adds up the squares of all updates. Where is it kept from one to the next?"""
        for dtype in (np.float32, np.float64):
            p, gs = self.array(2, 3, dtype=dtype), [self.array(2, 3, dtype=dtype) for _ in "abc"]
            link = model(self, p)
            optimizer = AdaGrad(lr=0.1).setup(link)
            for count, g in enumerate(gs, 1):
                step(optimizer, a=g)
                yield (
                    f"the parameter after update {count}",
                    link.a.data,
                    self.expected(p, gs[:count], 0.1),
                )

    def check_each_its_own(self, AdaGrad):
        """Each parameter has squares of its own. The state that update_core gets belongs to it,
        and state_names lists h."""
        a, b = self.array(3), self.array(3)
        ga, gb = [self.array(3) for _ in "abc"], [5 * self.array(3) for _ in "ab"]
        link = model(self, a, b)
        optimizer = AdaGrad(lr=0.1).setup(link)
        step(optimizer, a=ga[0], b=gb[0])
        step(optimizer, a=ga[1])
        step(optimizer, a=ga[2], b=gb[1])
        yield "the first parameter", link.a.data, self.expected(a, ga, 0.1)
        yield "the second parameter", link.b.data, self.expected(b, gb, 0.1)
        yield "state_names", list(AdaGrad.state_names), ["h"]

    def check_settings(self, AdaGrad):
        """Where does eps stand, inside the root or outside? And what if nothing is said?"""
        p, gs = self.array(4), [self.array(4) for _ in "ab"]
        for settings in ({"lr": 0.5, "eps": 0.25}, {}):
            link = model(self, p)
            optimizer = AdaGrad(**settings).setup(link)
            for g in gs:
                step(optimizer, a=g)
            said = ", ".join(f"{key}={value}" for key, value in settings.items())
            yield (
                f"the parameter with AdaGrad({said})",
                link.a.data,
                self.expected(p, gs, **settings),
            )
        link = model(self, p)
        step(AdaGrad().setup(link), a=np.full(4, 1e-8))
        half = "the parameter with AdaGrad(), where the gradient is as small as eps"
        yield half, 1000 * (p - link.a.data), np.full(4, 5.0)

    wrongs = [
        Wrong(
            "first_step",
            "the gradient itself is squared, in place",
            ADAGRAD.replace("h += grad * grad", "grad *= grad\n        h += grad"),
        ),
        Wrong(
            "first_step",
            "the squares of all numbers of the parameter are added to one",
            ADAGRAD.replace("h += grad * grad", "h += (grad * grad).sum()"),
        ),
        Wrong(
            "first_step",
            "h takes in only a hundredth of the square, as in RMSprop",
            ADAGRAD.replace("h += grad * grad", "h *= 0.99\n        h += 0.01 * grad * grad"),
        ),
        Wrong("first_step", "the walk goes up the slope", ADAGRAD.replace("data -=", "data +=")),
        Wrong(
            "first_step",
            "nothing moves, as when the result is a new array and `data` stays as it was",
            ADAGRAD.replace("data -= ", "data = data - "),
        ),
        Wrong(
            "first_step",
            "the step is divided by h and not by its root",
            ADAGRAD.replace("np.sqrt(h)", "h"),
        ),
        Wrong(
            "first_step",
            "the gradients themselves are added up, and not their squares",
            ADAGRAD.replace("grad * grad", "grad").replace("np.sqrt(h)", "h"),
        ),
        Wrong(
            "first_step",
            "h is not used: that is SGD",
            ADAGRAD.replace(" / (np.sqrt(h) + self.eps)", ""),
        ),
        Wrong(
            "first_step",
            "h takes in g only after the step",
            ADAGRAD.replace("        h += grad * grad\n", "") + "        h += grad * grad\n",
        ),
        Wrong(
            "first_step",
            "`state_names` is missing, so there is no h in the state",
            ADAGRAD.replace('    state_names = ("h",)\n\n', ""),
        ),
        Wrong(
            "first_step", "g is left out of the step", ADAGRAD.replace("self.lr * grad", "self.lr")
        ),
        Wrong(
            "remembers",
            "h begins again at each update, or `h = h + ...` leaves zeros in the state",
            ADAGRAD.replace('state["h"]', "np.zeros_like(data)"),
        ),
        Wrong(
            "remembers",
            "h is the mean of the squares, and not their sum",
            ADAGRAD.replace("h += grad * grad", 'h += (grad * grad - h) / state["t"]'),
        ),
        Wrong(
            "each_its_own",
            "all parameters share one h, which the optimizer keeps",
            ADAGRAD.replace("        self.eps", "        self.h = 0.0\n        self.eps")
            .replace('h = state["h"]', "self.h = self.h + grad * grad")
            .replace("        h += grad * grad\n", "")
            .replace("np.sqrt(h)", "np.sqrt(self.h)"),
        ),
        Wrong(
            "settings",
            "eps is added inside the root",
            ADAGRAD.replace("(np.sqrt(h) + self.eps)", "np.sqrt(h + self.eps)"),
        ),
        Wrong("settings", "eps is left out", ADAGRAD.replace(" + self.eps", "")),
        Wrong(
            "settings",
            "eps is added to h at each update",
            ADAGRAD.replace("h += grad * grad", "h += grad * grad + self.eps").replace(
                "(np.sqrt(h) + self.eps)", "np.sqrt(h)"
            ),
        ),
        Wrong(
            "settings",
            "lr has another value if nothing is said",
            ADAGRAD.replace("lr=0.01", "lr=0.001"),
        ),
        Wrong(
            "first_step",
            "the sizes of the gradients are added up, and not their squares",
            ADAGRAD.replace("grad * grad", "abs(grad)"),
        ),
        Wrong("settings", "eps is 1e-8, whatever was given", ADAGRAD.replace("= eps", "= 1e-8")),
        Wrong(
            "settings",
            "lr is kept in the class, and all optimizers share it",
            ADAGRAD.replace("self.lr", "AdaGrad.lr"),
        ),
        Wrong(
            "each_its_own",
            "h is kept by the optimizer itself, in a dictionary, and `state_names` is missing",
            ADAGRAD.replace('    state_names = ("h",)\n\n', "")
            .replace("        self.eps", "        self.kept = {}\n        self.eps")
            .replace('state["h"]', "self.kept.setdefault(id(data), np.zeros_like(data))"),
        ),
    ]


CLIP = """\
def clip_values(optimizer, limit=5):
    for p in optimizer.target.params():
        if p.grad is not None:
            p.grad = np.clip(p.grad, -limit, limit)
"""


class clip_values(Task):
    def clipped(self, clip_values, *gradients, **limit):
        """Call the hook for a model with these gradients; return them and the parameters then."""
        link = model(self, *[np.full_like(g, 8) for g in gradients])
        optimizer = self.lib.SGD(lr=1.0).setup(link)
        for p, g in zip(link.params(), gradients):
            p.grad = g.copy()
        clip_values(optimizer, **limit)
        return [p.grad for p in link.params()] + [p.data for p in link.params()]

    def large(self, *shape, dtype=np.float64):
        """Return gradients of which about half are beyond 5, on either side."""
        g = self.array(*shape, dtype=dtype, low=1.5, high=4.0)
        far, sign = self.rng.permutation(g.size) % 2, self.rng.permutation(g.size) // 2 % 2
        return (g * (1 + 5 * far.reshape(shape)) * (1 - 2 * sign.reshape(shape))).astype(dtype)

    def check_above(self, clip_values):
        """A number above the limit becomes the limit. The others stay as they are."""
        for dtype in (np.float32, np.float64):
            ga, gb = np.abs(self.large(2, 3, dtype=dtype)), np.abs(self.large(4, dtype=dtype))
            a, b, *parameters = self.clipped(clip_values, ga, gb)
            yield "the gradient of a", a, np.minimum(ga, 5).astype(dtype)
            yield "the gradient of b", b, np.minimum(gb, 5).astype(dtype)
            yield "the parameter a", parameters[0], np.full_like(ga, 8)

    def check_below(self, clip_values):
        """-12 is beyond the limit, too. What is to become of it, and what of -3?"""
        for shape in [(8,), (4, 3)]:
            ga, gb = self.large(*shape), self.large(5)
            a, b, *_ = self.clipped(clip_values, ga, gb)
            yield "the gradient of a", a, np.where(ga > 5, 5.0, np.where(ga < -5, -5.0, ga))
            yield "the gradient of b", b, np.where(gb > 5, 5.0, np.where(gb < -5, -5.0, gb))

    def check_limit(self, clip_values):
        """The limit is an argument. 5 is only what it is if nothing is said."""
        g = self.large(8)
        for limit in (2.5, 10):
            a, _ = self.clipped(clip_values, g, limit=limit)
            yield f"the gradient with limit={limit}", a, np.minimum(np.maximum(g, -limit), limit)

    def check_no_gradient(self, clip_values):
        """A parameter without a gradient has None there, which cannot be compared."""
        ga, gc = self.large(2, 3), self.large(4)
        link = model(self, np.ones((2, 3)), np.ones(2), np.ones(4))
        link.a.grad, link.c.grad = ga.copy(), gc.copy()
        clip_values(self.lib.SGD(lr=1.0).setup(link))
        yield "the gradient of a", link.a.grad, np.minimum(np.maximum(ga, -5), 5)
        yield "the gradient of b, which has none", link.b.grad, None
        yield "the gradient of c", link.c.grad, np.minimum(np.maximum(gc, -5), 5)

    def check_as_a_hook(self, clip_values):
        """The optimizer calls it before each step, and then moves by what is in grad. The hook
        does nothing else."""
        p, gs = self.array(2, 3), [self.large(2, 3) for _ in "ab"]
        link = model(self, p)
        optimizer = self.lib.SGD(lr=0.5).setup(link)
        optimizer.add_hook(clip_values)
        yield "what it returns", clip_values(optimizer), None
        for count, g in enumerate(gs, 1):
            step(optimizer, a=g)
            yield "the t of the optimizer", optimizer.t, count
            p = p - 0.5 * np.minimum(np.maximum(g, -5), 5)
            yield "the parameter", link.a.data, p

    wrongs = [
        Wrong(
            "above",
            "each gradient is divided by its largest number, so that all become smaller",
            CLIP.replace(
                "np.clip(p.grad, -limit, limit)", "p.grad * (limit / max(limit, abs(p.grad).max()))"
            ),
        ),
        Wrong(
            "above",
            "the `min` and `max` of Python are asked, which compare whole arrays",
            CLIP.replace("np.clip(p.grad, -limit, limit)", "max(-limit, min(limit, p.grad))"),
        ),
        Wrong(
            "below",
            "a number below -limit becomes limit, without its sign",
            CLIP.replace(
                "np.clip(p.grad, -limit, limit)", "np.where(abs(p.grad) > limit, limit, p.grad)"
            ),
        ),
        Wrong(
            "above",
            "the length of all gradients together is clipped, and not each number",
            """\
def clip_values(optimizer, limit=5):
    grads = [p.grad for p in optimizer.target.params() if p.grad is not None]
    length = np.sqrt(sum((g**2).sum() for g in grads))
    for p in optimizer.target.params():
        if p.grad is not None and length > limit:
            p.grad = p.grad * (limit / length)
""",
        ),
        Wrong(
            "above",
            "each gradient is clipped by its own length, and not each number",
            """\
def clip_values(optimizer, limit=5):
    for p in optimizer.target.params():
        if p.grad is not None:
            p.grad = p.grad * min(1, limit / np.sqrt((p.grad**2).sum()))
""",
        ),
        Wrong(
            "above",
            "p.grad stays as it is, as when the new numbers get a name of their own",
            CLIP.replace("p.grad = np", "g = np"),
        ),
        Wrong(
            "above",
            "the numbers beyond the limit become 0",
            CLIP.replace("np.clip(p.grad, -limit, limit)", "p.grad * (abs(p.grad) <= limit)"),
        ),
        Wrong(
            "above",
            "the loop ends after the first parameter",
            CLIP + "            break\n",
        ),
        Wrong(
            "above",
            "the parameters are clipped and not their gradients",
            CLIP.replace("p.grad = np.clip(p.grad", "p.data = np.clip(p.data"),
        ),
        Wrong(
            "above",
            "all numbers become the limit",
            CLIP.replace("np.clip(p.grad, -limit, limit)", "np.sign(p.grad) * limit"),
        ),
        Wrong(
            "above",
            "a number below the limit is raised to it",
            CLIP.replace("np.clip(p.grad, -limit, limit)", "np.maximum(p.grad, limit)"),
        ),
        Wrong(
            "below",
            "only large positive numbers are clipped",
            CLIP.replace("np.clip(p.grad, -limit, limit)", "np.minimum(p.grad, limit)"),
        ),
        Wrong(
            "below",
            "the sign is lost, and -12 becomes 5",
            CLIP.replace("np.clip(p.grad, -", "np.clip(abs(p.grad), -"),
        ),
        Wrong(
            "below",
            "all negative numbers become 0",
            CLIP.replace("-limit, limit", "0, limit"),
        ),
        Wrong("limit", "the limit is always 5", CLIP.replace("-limit, limit)", "-5, 5)")),
        Wrong(
            "no_gradient",
            "a missing gradient, None, is taken for an array",
            CLIP.replace("if p.grad is not None", "if True"),
        ),
        Wrong(
            "no_gradient",
            "the loop stops at the first parameter that has no gradient",
            CLIP.replace(
                "if p.grad is not None:", "if p.grad is None:\n            return\n        else:"
            ),
        ),
        Wrong(
            "no_gradient",
            "a missing gradient is replaced by zeros",
            CLIP.replace(
                "if p.grad is not None:",
                "if p.grad is None:\n            p.grad = np.zeros_like(p.data)\n        if True:",
            ),
        ),
        Wrong(
            "as_a_hook",
            "the hook makes the step itself, and then the optimizer makes it again",
            CLIP + "            p.data -= 0.5 * p.grad\n",
        ),
        Wrong(
            "as_a_hook",
            "the optimizer is returned, and a hook returns nothing",
            CLIP + "    return optimizer\n",
        ),
        Wrong(
            "as_a_hook",
            "the hook counts the update, which the optimizer does as well",
            CLIP + "    optimizer.t += 1\n",
        ),
    ]


ADAM = """\
class MyAdam(Optimizer):
    state_names = ("m", "v")

    def __init__(self, alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.alpha, self.beta1, self.beta2, self.eps = alpha, beta1, beta2, eps

    def update_core(self, data, grad, state):
        m, v, t = state["m"], state["v"], state["t"]
        m *= self.beta1
        m += (1 - self.beta1) * grad
        v *= self.beta2
        v += (1 - self.beta2) * grad * grad
        length = self.alpha * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        data -= length * m / (np.sqrt(v) + self.eps)
"""
LENGTH = "self.alpha * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)"
UNEVEN = {"alpha": 0.1, "beta1": 0.6, "beta2": 0.8, "eps": 0.01}


class MyAdam(Task):
    without = ("Adam", "AdamW")

    def expected(self, p, gradients, alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        p = p.astype(np.float64)
        for t in range(1, len(gradients) + 1):  # each mean as a sum over all that came
            m = sum(beta1 ** (t - 1 - i) * (1 - beta1) * gradients[i] for i in range(t))
            v = sum(beta2 ** (t - 1 - i) * (1 - beta2) * gradients[i] ** 2 for i in range(t))
            length = alpha * math.sqrt(1 - beta2**t) / (1 - beta1**t)
            p = p - length * m / (np.sqrt(v) + eps)
        return p

    def check_first_step(self, MyAdam):
        """In the first update m and v are too small. What does Adam do about it?"""
        for dtype in (np.float32, np.float64):
            p, g = self.array(2, 3, dtype=dtype), 5 * self.array(2, 3, dtype=dtype)
            link = model(self, p)
            step(MyAdam(**UNEVEN).setup(link), a=g)
            yield "the parameter", link.a.data, self.expected(p, [g], **UNEVEN).astype(dtype)

    def check_means(self, MyAdam):
        """m and v are moving means. They live in the state, and change in place."""
        for dtype in (np.float32, np.float64):
            p, gs = self.array(2, 3, dtype=dtype), [self.array(2, 3, dtype=dtype) for _ in "abc"]
            link = model(self, p)
            optimizer = MyAdam(**UNEVEN).setup(link)
            for count, g in enumerate(gs, 1):
                step(optimizer, a=g)
                here = self.expected(p, gs[:count], **UNEVEN).astype(dtype)
                yield f"the parameter after update {count}", link.a.data, here

    def check_comes_later(self, MyAdam):
        """A lazy parameter begins later. How often was it moved, and where does it stand?"""
        a, b = self.array(3), self.array(3)
        ga, gb = [self.array(3) for _ in "abc"], [self.array(3) for _ in "ab"]
        link = model(self, a, b)
        optimizer = MyAdam(**UNEVEN).setup(link)
        step(optimizer, a=ga[0])
        step(optimizer, a=ga[1], b=gb[0])
        step(optimizer, a=ga[2], b=gb[1])
        yield "the parameter that came later", link.b.data, self.expected(b, gb, **UNEVEN)
        yield "the other parameter", link.a.data, self.expected(a, ga, **UNEVEN)

    def check_settings(self, MyAdam):
        """The four settings have the values that everybody uses."""
        p, g = self.array(4), self.array(4)
        for few in ({}, {"alpha": 0.5}, {"beta1": 0.5}, {"beta2": 0.5}, {"eps": 0.5}):
            link = model(self, p)
            optimizer = MyAdam(**few).setup(link)
            for gradient in (g, -3 * g):
                step(optimizer, a=gradient)
            said = ", ".join(f"{key}={value}" for key, value in few.items())
            moved, expected = link.a.data - p, self.expected(p, [g, -3 * g], **few) - p
            yield f"the way in thousandths with MyAdam({said})", 1000 * moved, 1000 * expected
        link = model(self, p)
        step(MyAdam().setup(link), a=np.full(4, 1e-6))
        moved = self.expected(p, [np.full(4, 1e-6)]) - p
        small = "the way in thousandths with MyAdam(), where the gradient is small"
        yield small, 1000 * (link.a.data - p), 1000 * moved

    wrongs = [
        Wrong(
            "first_step",
            "v is made larger before its root is taken, and eps weighs more",
            ADAM.replace(LENGTH, "self.alpha / (1 - self.beta1**t)").replace(
                "np.sqrt(v)", "np.sqrt(v / (1 - self.beta2**t))"
            ),
        ),
        Wrong(
            "comes_later",
            "one count serves all parameters, and each move of any of them counts",
            ADAM.replace("beta2, eps\n", "beta2, eps\n        self.count = 0\n", 1)
            .replace('state["t"]', "self.count")
            .replace("        m, v, t", "        self.count += 1\n        m, v, t"),
        ),
        Wrong(
            "first_step",
            "it is left out that m and v begin at 0",
            ADAM.replace(LENGTH, "self.alpha"),
        ),
        Wrong(
            "first_step",
            "only m is made larger, and v is not",
            ADAM.replace(" * math.sqrt(1 - self.beta2**t)", ""),
        ),
        Wrong(
            "first_step",
            "only v is made larger, and m is not",
            ADAM.replace(" / (1 - self.beta1**t)", ""),
        ),
        Wrong(
            "first_step",
            "the root over 1 - beta2**t is missing",
            ADAM.replace("math.sqrt(1 - self.beta2**t)", "(1 - self.beta2**t)"),
        ),
        Wrong("first_step", "the root of v is missing", ADAM.replace("np.sqrt(v)", "v")),
        Wrong("first_step", "the walk goes up the slope", ADAM.replace("data -=", "data +=")),
        Wrong(
            "first_step",
            "nothing moves, as when the result is a new array and `data` stays as it was",
            ADAM.replace("data -= ", "data = data - "),
        ),
        Wrong(
            "first_step",
            "v is a mean of g, and not of its square",
            ADAM.replace("* grad * grad", "* abs(grad)"),
        ),
        Wrong(
            "first_step",
            "beta1 and beta2 are exchanged",
            ADAM.replace("m *= self.beta1\n", "m *= self.beta2\n")
            .replace("m += (1 - self.beta1)", "m += (1 - self.beta2)")
            .replace("v *= self.beta2", "v *= self.beta1")
            .replace("v += (1 - self.beta2)", "v += (1 - self.beta1)"),
        ),
        Wrong(
            "first_step",
            "eps is under the root",
            ADAM.replace("(np.sqrt(v) + self.eps)", "np.sqrt(v + self.eps)"),
        ),
        Wrong(
            "first_step",
            "t counts from 0, one too few",
            ADAM.replace(
                't = state["m"], state["v"], state["t"]',
                't = state["m"], state["v"], state["t"] - 1',
            ),
        ),
        Wrong(
            "first_step",
            "t is counted once more, although the optimizer counts it",
            ADAM.replace("        m *=", "        t += 1\n        m *="),
        ),
        Wrong(
            "first_step",
            "`state_names` is missing, so there is no m in the state",
            ADAM.replace('    state_names = ("m", "v")\n\n', ""),
        ),
        Wrong(
            "means",
            "`m = ...` and `v = ...` make new arrays, and the state keeps its zeros",
            ADAM.replace("m *= self.beta1", "m = self.beta1 * m").replace(
                "v *= self.beta2", "v = self.beta2 * v"
            ),
        ),
        Wrong(
            "means",
            "m and v keep all that they have, and only grow",
            ADAM.replace("        m *= self.beta1\n", "").replace("        v *= self.beta2\n", ""),
        ),
        Wrong(
            "means",
            "g is in the step where m should be",
            ADAM.replace(LENGTH, "self.alpha * math.sqrt(1 - self.beta2**t)").replace(
                "length * m /", "length * grad /"
            ),
        ),
        Wrong(
            "means",
            "t is 1 at each update",
            ADAM.replace('state["t"]', "1"),
        ),
        Wrong(
            "comes_later",
            "the updates of the optimizer are counted, and not the moves of the parameter",
            ADAM.replace('state["t"]', "self.t"),
        ),
        Wrong(
            "comes_later",
            "m and v belong to the optimizer, and all parameters share them",
            ADAM.replace(
                "alpha, beta1, beta2, eps\n",
                "alpha, beta1, beta2, eps\n        self.m = self.v = 0.0\n",
            )
            .replace('m, v, t = state["m"], state["v"], state["t"]', 't = state["t"]')
            .replace(
                "        m *= self.beta1\n        m += (1",
                "        self.m = m = self.m * self.beta1 + (1",
            )
            .replace(
                "        v *= self.beta2\n        v += (1",
                "        self.v = v = self.v * self.beta2 + (1",
            ),
        ),
        Wrong(
            "settings",
            "alpha is 0.01 if nothing is said, as with SGD",
            ADAM.replace("alpha=0.001", "alpha=0.01"),
        ),
        Wrong("settings", "eps is left out", ADAM.replace("(np.sqrt(v) + self.eps)", "np.sqrt(v)")),
        Wrong("settings", "both betas are 0.9", ADAM.replace("0.999", "0.9")),
        Wrong(
            "first_step",
            "the finished Adam is taken under another name",
            """\
class MyAdam(Adam):
    def __init__(self, alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(alpha, beta1, beta2, eps)
""",
        ),
        Wrong(
            "first_step",
            "beta1 and beta2 are exchanged, also in the length of the step",
            ADAM.replace(
                "self.beta1, self.beta2, self.eps =", "self.beta2, self.beta1, self.eps ="
            ),
        ),
        Wrong(
            "first_step",
            "the factor 1 - beta1 is missing before g",
            ADAM.replace("(1 - self.beta1) * grad", "grad"),
        ),
        Wrong(
            "first_step",
            "the factors 1 - beta1 and 1 - beta2 are missing before what is new",
            ADAM.replace("(1 - self.beta1) * grad", "grad").replace(
                "(1 - self.beta2) * grad", "grad"
            ),
        ),
        Wrong(
            "first_step",
            "v is made of m, and not of g",
            ADAM.replace("* grad * grad", "* m * m"),
        ),
        Wrong(
            "first_step",
            "t is counted once more in the state, although the optimizer counts it",
            ADAM.replace("        m, v, t", '        state["t"] += 1\n        m, v, t'),
        ),
        Wrong(
            "first_step",
            "eps is 1e-8, whatever was given",
            ADAM.replace("beta2, eps\n", "beta2, 1e-8\n"),
        ),
        Wrong(
            "settings",
            "alpha is kept in the class, and all optimizers share it",
            ADAM.replace("self.alpha", "MyAdam.alpha"),
        ),
        Wrong(
            "first_step",
            "the gradient is set to 0 after the step, and it belongs to the parameter",
            ADAM + "        grad[...] = 0\n",
        ),
    ]
