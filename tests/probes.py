"""Answers with planted signals, and the probes of them."""

import numpy as np

from threearc.operators.probing.answers import Answers
from threearc.operators.probing.crossvalidation import Fitting
from threearc.operators.probing.report import fit_probe

FITTING = Fitting((0.1,), folds=5, repeats=1, control_draws=1, seed=0, draws=300, level=0.95)

#: config analysis, as far as the sidecar's synthesis reads it.
ANALYSIS = {
    "guards": {"probe_auc": 0.63, "least_class": 10},
    "bars": {"cv": 0.65, "late": 0.6, "axis_cv": 0.65, "axis_transfer": 0.6, "cross_axis": 0.8, "cross_model": 0.05},
    "margins": {"asymmetry": 0.075},
    "draws": 300,
    "level": 0.95,
}


def answers(
    n=120, signal=0.0, per_entry=2, seed=0, entry_signal=0.0, use="train", name="e", late=0.0, share=0.5, axes=()
):
    """Answers in entries of ``per_entry``; states may carry the label (signal, late) or the entry (entry_signal).

    An axis is a name and the column of the states that its score is read off, or None for chance.
    """
    rng = np.random.default_rng(seed)
    entries = np.repeat(np.arange(n // per_entry), per_entry)
    right = (rng.random(n // per_entry) < share)[entries]
    states = rng.normal(size=(n, 40))
    states[:, 0] += signal * (2 * right - 1)
    states += entry_signal * rng.normal(size=(n // per_entry, 40))[entries]
    own = np.random.default_rng(seed + 1000)
    h_late = own.normal(size=(n, 40))
    h_late[:, 0] += late * (2 * right - 1)
    return Answers(
        response_ids=np.array([f"{name}{i}" for i in range(n)], dtype=object),
        prompt_ids=np.array([f"{name}{entry}" for entry in entries], dtype=object),
        entries=np.array([f"{name}{entry}" for entry in entries], dtype=object),
        prompts=np.array([f"prompt about {name}{entry}" for entry in entries], dtype=object),
        categories=np.array([str(entry % 3) for entry in entries], dtype=object),
        h_last=states,
        h_late=h_late,
        lengths=rng.integers(5, 50, n),
        use=np.full(n, use, dtype=object),
        right=right,
        axes={axis: _scores(column, states, own) for axis, column in axes},
    )


def _scores(column, states, rng):
    high = rng.random(len(states)) < 0.5 if column is None else states[:, column] > 0
    return np.where(high, 4.0, 2.0)


def joined(*parts):
    """All of these answers as one set."""
    own = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Answers.__dataclass_fields__
        if name != "axes"
    }
    axes = {axis: np.concatenate([part.axes[axis] for part in parts]) for axis in parts[0].axes}
    return Answers(**own, axes=axes)


def probe_of(*parts, fitting=FITTING, least_class=10):
    """probe.json of a study with these answers."""
    return fit_probe(joined(*parts), fitting, 0.7, least_class)


def step(probe, reader, name):
    return next(s for s in probe["steps"] if (s["reader"], s["step"]) == (reader, name))
