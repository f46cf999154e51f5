"""What all records share: frozen, strict, and named by their own content."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator

from threearc.provenance.hashing import content_id


class Part(BaseModel):
    """A piece of a record: frozen, no unknown fields, no silent conversions of type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Record(Part):
    """One row of a JSON Lines file, named by the hash of its other fields.

    ``id`` may be left out when a record is made; a record that is read must carry the right one, so an edited
    or torn row cannot pass for the row that others refer to.
    """

    #: What a row of this kind is called in messages.
    kind: ClassVar[str] = "record"

    id: str = ""

    @model_validator(mode="after")
    def _name_by_content(self) -> Self:
        expected = content_id(self.model_dump(mode="json", exclude={"id"}))
        if not self.id:
            object.__setattr__(self, "id", expected)
        elif self.id != expected:
            raise ValueError(f"id {self.id} is not the hash of this {self.kind} ({expected}): the row was changed")
        return self

    def row(self) -> dict[str, Any]:
        """The record as JSON types, ``id`` first."""
        return self.model_dump(mode="json")
