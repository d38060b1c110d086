"""Lays out the memory of a process that is about to fork, so that its forks have to copy little of it.

A fork shares a page until somebody writes to it. What a program frees while it starts leaves holes all over its pages;
a fork would put its own small objects there, a few to a page, and so copy a page for each of them. Here the holes are
filled and stay filled: what a fork makes lies together.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable

from sandbox.kernels import linux

#: Python's allocator serves up to so many bytes from pools of blocks of one size; see Objects/obmalloc.c.
_SMALL, _STEP, _POOL, _POOL_HEADER = 512, 16, 2**14, 48
#: libc's free chunks from here on are whole pages already, and stay.
_PAGE = 4096
#: Bytes that are filled at most: of each size of blocks, and of libc's chunks together.
_MOST = 16 * 2**20

_filling: list[object] = []


def settle() -> None:
    """Collect garbage, give back what is free, fill the holes, and keep the collector off all that there is now."""
    gc.collect()
    # It holds names of attributes. A fork looks up others, and each one that it puts out would be a page to copy.
    sys._clear_type_cache()
    linux.release_memory()
    _filling.extend(_fill_pools())
    linux.fill_free_chunks(_PAGE, _MOST)
    gc.freeze()


def _fill_pools() -> list[object]:
    """Objects in all free blocks of Python's pools that are in use."""
    sizes = range(_STEP, _SMALL + 1, _STEP)
    return [each for size in sizes for each in _fill_blocks(_maker(size), size)]


def _maker(size: int) -> Callable[[], object]:
    """Makes an object that takes one block of ``size`` bytes, and that nothing else refers to."""
    if size <= 32:
        return object if size == 16 else (lambda: float.fromhex("0x1p1"))
    return lambda: bytes(size - b"".__sizeof__())


def _fill_blocks(make: Callable[[], object], size: int) -> list[object]:
    """Make objects until they have a pool for themselves: it was empty, so there is no hole left. It is given back."""
    made: list[object] = []
    of_pool: Counter[int] = Counter()
    almost = int(0.98 * (_POOL - _POOL_HEADER) / size)  # what is counted with takes some blocks, too
    for _ in range(_MOST // size):
        made.append(make())
        pool = id(made[-1]) // _POOL
        of_pool[pool] += 1
        if of_pool[pool] == almost:
            return [each for each in made if id(each) // _POOL != pool]
    return made
