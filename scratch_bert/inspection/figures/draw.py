"""The picture of any inspection; each kind of inspection has its own file beside this one."""

from functools import singledispatch

from matplotlib.figure import Figure

from scratch_bert.inspection.figures import attentions, embedding_sum, evolution, flow, states
from scratch_bert.inspection.result import Inspection


@singledispatch
def draw(inspection: Inspection) -> Figure:
    """Draw an inspection. Needs matplotlib, which `scratch-bert[inspection]` installs.

    >>> from scratch_bert.inspection import token_flow
    >>> draw(token_flow("Unaffable!")).get_suptitle()
    'token flow: Unaffable!'
    """
    raise TypeError(f"cannot draw {type(inspection).__name__}, expected an inspection")


draw.register(attentions.draw)
draw.register(embedding_sum.draw)
draw.register(evolution.draw)
draw.register(flow.draw)
draw.register(states.draw)
