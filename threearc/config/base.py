"""What sections of the configuration are made of."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1)]
#: Libraries take seeds of 32 bits.
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Mark = Annotated[str, Field(min_length=1)]
T = TypeVar("T")


def _different(values: list[T]) -> list[T]:
    """Twice the same would be answered, trained or judged twice under one name."""
    if len(set(values)) < len(values):
        raise ValueError("Every value may stand there once")
    return values


Unique = Annotated[list[T], AfterValidator(_different)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]


class Section(BaseModel):
    """A section: unknown keys are errors, and so are values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
