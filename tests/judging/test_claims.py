import pytest

from threearc.judging.claims import made

CLAIM = "Hold the sauce at 60 °C while you whisk."


@pytest.mark.parametrize(
    "text",
    [
        CLAIM,
        "First, whisk the sauce and hold it at 60 °C. Then serve.",
        "Whisking it, you should be holding the sauces at 60°C.",
        f"Something else. {CLAIM} And more.",
    ],
)
def test_a_claim_is_found_in_its_own_and_in_like_words(text):
    assert made(CLAIM, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hold the sauce at 80 °C while you whisk.",
        "Hold the sauce while you whisk.",
        "Hold the bowl at 60 °C.",
        "Hold it. The sauce is good. At 60 °C we rest. You whisk.",
    ],
)
def test_another_number_fewer_words_or_words_spread_over_sentences_do_not_make_it(text):
    assert not made(CLAIM, text)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Add cold water.", "Do not add cold water."),
        ("Add cold water.", "Don't ever add cold water."),
        ("Add cold water.", "Whisk it without adding cold water."),
        ("Add cold water.", "Avoid adding cold water."),
        ("Do not add cold water.", "Add cold water."),
        ("Boil the cream.", "Warm the milk instead of boiling the cream."),
        ("Boil the cream.", "If it is thin, never boil the cream."),
        ("Heat the yolks to 80 °C.", "Heat the yolks to 65 and not to 80 °C."),
        ("No flour was sprinkled over the onions.", "The flour was sprinkled over the onions."),
        ("The salt went in at the end and never spread.", "The salt went in at the end."),
    ],
)
def test_a_negated_claim_is_another_claim(claim, text):
    assert made(claim, claim) and made(text, text)
    assert not made(claim, text)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Add cold water.", "Don't worry, add cold water."),
        ("Add cold water.", "Do not boil it but add cold water."),
        ("Add cold water.", "If the sauce does not come together, add cold water."),
        ("Add cold water.", "Never forget to add cold water."),
        ("Add cold water.", "No. Add cold water."),
        ("Add cold water.", "Add cold water; do not stop whisking."),
        ("Cook it for 5 minutes.", "Cook it for no more than 5 minutes."),
        ("Do not add cold water.", "Never add cold water."),
        ("The onions were not cooked long enough.", "The onions weren’t cooked for long enough."),
        ("Keep the pot near 90 °C, never boiling.", "Keep the pot near 90 °C without boiling it."),
    ],
)
def test_a_negation_reaches_to_the_end_of_its_clause_only(claim, text):
    assert made(claim, text)
