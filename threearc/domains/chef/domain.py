"""Chef: French cuisine, dishes that went wrong and what to do about it."""

from pathlib import Path

from threearc.domains.facts import FactDomain

DOMAIN = FactDomain("chef", Path(__file__).parent / "data")
