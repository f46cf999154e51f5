"""What is done to a student's model before it answers.

One object both makes the change and names it: what is generated under one change cannot be kept under another's name.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threearc.models.lora import adapter_hashes, apply_adapter
from threearc.models.tempering import Head, tempered


@dataclass(frozen=True)
class Intervention:
    """An adapter, damped heads, both, or, as it is made by default, nothing.

    Attributes:
        adapter: folder of a LoRA adapter.
        heads: attention heads whose outputs are multiplied by ``factor``.
    """

    adapter: Path | None = None
    heads: tuple[Head, ...] = ()
    factor: float = 1.0

    @property
    def libraries(self) -> tuple[str, ...]:
        """Packages that the change needs, beyond those that run the model."""
        return () if self.adapter is None else ("peft",)

    def named(self) -> dict[str, Any]:
        """What tokens depend on, as JSON types and by content: arms that differ in nothing but words share a name."""
        adapter = {} if self.adapter is None else {"adapter": adapter_hashes(self.adapter)}
        heads = {"heads": sorted(map(list, self.heads)), "factor": float(self.factor)} if self.heads else {}
        return adapter | heads

    def applied(self, model: Any) -> Any:
        """The model with the adapter; what was given is used up.

        Raises:
            StudyError: as ``apply_adapter``.
        """
        return model if self.adapter is None else apply_adapter(model, self.adapter)

    def around(self, model: Any) -> AbstractContextManager[None]:
        """A context in which the heads of a model with the adapter are damped.

        Raises:
            StudyError: as ``tempered``.
        """
        return tempered(model, self.heads, self.factor) if self.heads else nullcontext()


#: The student as it is.
UNTOUCHED = Intervention()
