"""The sentences that the library says when something is wrong.

Each names the operation, what was expected, what came, what to do, and the chapter of the
book that explains it. They live here so that the code that computes stays short: a room for
each part of the library that speaks.
"""

from tinylinks.errors.arguments import *
from tinylinks.errors.chain import *
from tinylinks.errors.chainer import *
from tinylinks.errors.convolution import *
from tinylinks.errors.datasets import *
from tinylinks.errors.derivatives import *
from tinylinks.errors.drawing import *
from tinylinks.errors.function import *
from tinylinks.errors.initializers import *
from tinylinks.errors.linear import *
from tinylinks.errors.link import *
from tinylinks.errors.loss import *
from tinylinks.errors.names import *
from tinylinks.errors.normalization import *
from tinylinks.errors.optimizers import *
from tinylinks.errors.serializers import *
from tinylinks.errors.shapes import *
from tinylinks.errors.switches import *
from tinylinks.errors.variable import *
from tinylinks.errors.words import *
