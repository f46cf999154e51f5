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
