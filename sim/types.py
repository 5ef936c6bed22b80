"""The types that signatures name; shapes stand in comments and docstrings.

Type checkers see arrays. While the program runs these are names and nothing else, so that a module
can name an array without importing NumPy: commands and pages start faster without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

#: A JSON object, at the edge of the program.
Json: TypeAlias = dict[str, Any]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    #: Real numbers, in single or double precision.
    Floats: TypeAlias = NDArray[np.floating]

    #: Whole numbers: days, counts, numbers of packages.
    Ints: TypeAlias = NDArray[np.int64]

    #: Unsigned whole numbers of 64 bits, whose sums wrap around.
    Words: TypeAlias = NDArray[np.uint64]

    #: Truth values.
    Bools: TypeAlias = NDArray[np.bool_]

    #: Numbers of any kind.
    Numbers: TypeAlias = NDArray[Any]
else:
    Floats = Ints = Words = Bools = Numbers = Any
