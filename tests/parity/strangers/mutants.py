"""scratch_bert with a line of its source changed, as a candidate of its own.

So a mistake is written as somebody would write it, and not by the catalogue that is to name it.
"""

import importlib
import itertools
import sys
from pathlib import Path

import scratch_bert

SOURCE = Path(scratch_bert.__file__).parent
NUMBERS = itertools.count()


def mutant(folder, *changes):
    """Build a candidate's class.

    Args:
        folder: an empty one.
        changes: file, what stands there once, and what is to stand there instead.
    """
    name = f"mutant_{next(NUMBERS)}"
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        for file, old, new in changes:
            if path == SOURCE / "model" / file:
                assert text.count(old) == 1, (file, old, text.count(old))
                text = text.replace(old, new)
        place = folder / name / path.relative_to(SOURCE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("scratch_bert", name))
    sys.path.insert(0, str(folder))
    try:
        package = importlib.import_module(name)
        values = importlib.import_module(f"{name}.weights.config_file").config_from_values
    finally:
        sys.path.remove(str(folder))

    class Mutant:
        def build(self, config, weights):
            model = package.BertForPreTraining(values(config))
            names = {each.removeprefix("bert."): each for each in model.state_dict()}
            found = {names[each]: tensor for each, tensor in weights.items() if each in names}
            model.load_state_dict(found, strict=False)
            return model

        def forward(self, model, batch):
            return vars(model(**batch, attention="eager"))

    return Mutant()
