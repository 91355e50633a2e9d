"""The background: everything but the things that stay, held away from their outline."""

from __future__ import annotations

import numpy as np

from lib_automask import masks
from lib_automask.selection import Place, whole
from lib_automask.view import View


def background(view: View) -> Place:
    """Everything but the things that stay, held away from their outline so that nothing grows from behind them."""
    subjects = view.subjects()
    if not subjects:
        return Place(np.zeros(view.shape, np.bool_), 0.0)
    kept = masks.union((whole(view.scores.segments[i]) for i in subjects), view.shape)
    margin = max(1, round(0.006 * min(view.shape)))
    certainty = float(view.scores.values[subjects].max(1).min())
    return Place(~masks.grow(kept, margin), certainty, tuple(subjects))
