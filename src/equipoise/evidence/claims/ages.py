"""Ages: numbers of years beside a word for age, and years on average that can be nothing else."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set

__all__ = ["is_age"]

_LINKS: Final = word_set("and or to vs versus v against with compared , ( - . than in for")


def is_age(view: View) -> bool:
    """Whether a number of years is an age.

    Args:
        view: The number and its surroundings.
    """
    phrase = view.phrase
    if phrase.unit not in ("years", "", "months") or phrase.form not in ("time", "plain") or phrase.value is None:
        return False
    if phrase.value.value > 120:
        return False
    if view.word(0) == "or" and view.word(1) in ("older", "younger") and phrase.value.value <= 100:
        return True
    if view.ahead("follow", within=4):
        return False
    if view.ahead("follow", within=4) or _age_told(view):
        return False
    if view.word(-2) == "ages" or view.word(-4) == "ages" or view.word(-3) == "ages":
        return False
    if view.text.tokens[phrase.last - 1].tag == "age" or view.ahead("age", within=3) == "age":
        return phrase.form == "time"
    if (
        view.word(0) == "or"
        and view.word(1) in ("older", "younger", "over", "above", "more")
        and phrase.unit == "years"
    ):
        return not view.nearest("survival", "follow", "duration", within=8)
    if view.word(-1) in ("after", "for", "within", "over", "watched", "followed", "observed"):
        return False
    if phrase.unit == "years" and phrase.value.bound and view.nearest("people", within=3) and view.word(-1) not in (
        "just", "for", "been", "trying", "lasted", "after",
    ):  # fmt: skip
        return True
    if phrase.unit == "years" and view.ahead("mean", within=2) and view.nearest("people", within=3):
        return True
    if _average_age(view) or _average_person(view):
        return True
    words = {view.word(-k) for k in range(1, 9)}
    if (
        phrase.unit == "years"
        and view.nearest("mean", within=9)
        and "were" in words
        and not view.nearest("follow", within=14)
    ):
        return True
    return _beside_word(view)


def _beside_word(view: View) -> bool:
    """Whether the word for age that stands before is that of the number."""
    phrase, number = view.phrase, view.phrase.value
    if number is None:
        return False
    if view.nearest("age", "survival", "follow", "duration", "response", "hr", "event", within=14) != "age":
        return False
    if any(view.word(-k) == ";" for k in range(1, next((distance for distance, tag in view.left if tag == "age"), 1))):
        return False
    within = 14 if phrase.form == "time" else 5
    away = next((distance for distance, tag in view.left if tag == "age"), 0)
    between = [view.token(-k) for k in range(1, away)]
    if phrase.form == "plain" and any(token is not None and token.kind == "number" for token in between):
        return False
    if view.nearest("age", within=within) != "age":
        return False
    if phrase.form == "plain" and number.bound and view.nearest("age", within=2) != "age":
        return False
    if phrase.form == "plain":
        return number.value >= 1 and (view.word(0) in (";", ",", ".", ")") or not view.ahead("people", within=4))
    return phrase.unit == "years" or view.nearest("age", within=3) == "age"


def _age_told(view: View) -> bool:
    """Whether the word for age before has its number already: `median age 70, mean CHADS2 2.1`."""
    away = next((distance for distance, tag in view.left if tag == "age"), 0)
    numbers = [k for k in range(1, away) if (token := view.token(-k)) is not None and token.kind == "number"]
    if not numbers:
        return False
    linked = all(view.word(-k) in _LINKS for k in range(1, numbers[0]))
    return not linked and (view.phrase.form == "plain" or view.phrase.borrowed)


def _average_person(view: View) -> bool:
    """Whether a number says how old somebody average is: `the average patient was 52`."""
    phrase, person = view.phrase, view.token(-2)
    number = phrase.value.value if phrase.value is not None else 0.0
    typical = view.word(-3) in ("average", "mean", "median", "typical")
    named = typical and person is not None and person.tag == "people"
    return named and view.word(-1) == "was" and 16 <= number <= 100 and view.word(0) in (".", ",", ";", "and", "")


def _average_age(view: View) -> bool:
    """Whether years on average are an age, by their size: `on average they were 67.9 years (SD 9.4)`."""
    phrase, number = view.phrase, view.phrase.value
    if phrase.unit != "years" or phrase.form != "time" or number is None or not 16 <= number.value <= 100:
        return False
    spread = phrase.interval is not None and phrase.interval.interval.kind in ("sd", "iqr")
    told = view.nearest("mean", "median", within=8) or view.ahead("mean", "median", within=4)
    return bool(spread or told) and not view.anywhere("follow", "survival", "duration", "hr")
