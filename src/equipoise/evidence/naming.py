"""From words to names: what a trial calls its arms and endpoints, and which key a claim is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from equipoise.evidence.claims.endpoints import ENDPOINTS
from equipoise.evidence.model import Claim, Lexicon, Reading
from equipoise.evidence.sought import Sought, seek
from equipoise.results.key import Key
from equipoise.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from equipoise.evidence.facts.read import FactsFile
    from equipoise.protocol.protocol import Protocol

__all__ = ["endpoint_names", "generic_names", "in_plain_terms", "key_of", "lexicon_of", "lexicon_of_facts", "seek"]

_POPULATIONS: Final[dict[str, tuple[str, ...]]] = {
    "itt": ("intention-to-treat population", "intention to treat", "intent-to-treat population", "intent to treat",
            "ITT population", "ITT", "all randomized patients", "all randomly assigned patients"),
    "safety": ("safety population", "safety analysis set", "safety set", "as-treated population", "treated patients",
               "all treated patients"),
    "per_protocol": ("per-protocol population", "per protocol", "per-protocol set"),
}  # fmt: skip
"""Populations that most trials have, by the names that most declarations give them → words of print."""

_CONTROL: Final = ("control group", "control arm", "control")


def _index() -> dict[str, str]:
    """Phrase → endpoint as texts name it."""
    return {_plain(phrase): name for name, phrases in reversed(ENDPOINTS.items()) for phrase in phrases}


def _plain(words: str) -> str:
    return " ".join(words.replace("-", " ").replace("_", " ").lower().split())


_GENERIC: Final = _index()


def lexicon_of(protocol: Protocol) -> Lexicon:
    """What a declared trial calls things.

    Args:
        protocol: The trial.

    Returns:
        Arms by label, treatment and name, the control by that word too; endpoints by label, event, name, and the words
        that print has for such endpoints; populations by label, name, and usual words.
    """
    arms = protocol.arms.items()
    return Lexicon(
        arms={name: _arm_words(arm.label, (arm.treatment or "",), name, arm.role) for name, arm in arms},
        roles={name: arm.role for name, arm in protocol.arms.items()},
        endpoints={
            name: _endpoint_words(name, endpoint.label, (getattr(endpoint, "event", None) or "",),
                                  death=bool(getattr(endpoint, "death", False)))
            for name, endpoint in protocol.endpoints.items()
        },
        populations={name: _population_words(name, entry.label or "") for name, entry in protocol.populations.items()},
        unit=protocol.time.unit,
        kinds={name: endpoint.kind for name, endpoint in protocol.endpoints.items()},
        days_per_month=protocol.time.days_per_month,
        trial=protocol.trial.id,
    )  # fmt: skip


def lexicon_of_facts(file: FactsFile) -> Lexicon:
    """What a facts file calls things: the words of its protocol, where it names one, and its own.

    Args:
        file: The facts.
    """
    base = lexicon_of(file.protocol) if file.protocol is not None else None
    arms, endpoints = dict(base.arms if base else {}), dict(base.endpoints if base else {})
    for name, arm in file.arms.items():
        words = _arm_words(arm.label, arm.names, name, arm.role)
        arms[name] = _longest_first((*arms.get(name, ()), *words))
    for name, endpoint in file.endpoints.items():
        words = _endpoint_words(name, endpoint.label, endpoint.names, death=endpoint.death)
        endpoints[name] = _longest_first((*endpoints.get(name, ()), *words))
    named = sorted({fact.population for fact in file.facts.facts if fact.population is not None})
    labels = file.facts.populations
    populations = dict(base.populations) if base else {}
    populations |= {
        name: _population_words(name, labels.get(name, "")) for name in (*labels, *named) if name not in populations
    }
    return Lexicon(
        arms=arms,
        roles={name: arm.role for name, arm in file.arms.items()},
        endpoints=endpoints,
        populations=populations,
        unit=file.facts.unit,
        kinds={name: endpoint.kind for name, endpoint in file.endpoints.items()},
        days_per_month=base.days_per_month if base else DAYS_PER_MONTH,
        trial=file.facts.trial,
    )


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(word for word in words if word), key=lambda word: -len(word)))


def _arm_words(label: str, more: Iterable[str], name: str, role: str) -> tuple[str, ...]:
    return _longest_first((label, *more, name.replace("_", " "), *(_CONTROL if role == "control" else ())))


def _population_words(name: str, label: str) -> tuple[str, ...]:
    usual = _POPULATIONS.get(name.lower(), ())
    return _longest_first((label, name.replace("_", " "), *usual))


def _endpoint_words(name: str, label: str, more: Iterable[str], *, death: bool) -> tuple[str, ...]:
    """Words of an endpoint; those of print where its label or name is one of them."""
    short = label.split(" (")[0].strip()
    own = [label, short, *more]
    own += [text.removesuffix(" from any cause") for text in more]
    generic = next((_GENERIC[_plain(word)] for word in (label, short, name, *more) if _plain(word) in _GENERIC), "")
    if death or generic == "death":
        generic = "overall_survival"
    usual = [word for word in ENDPOINTS.get(generic, ()) if _is_name(word)]
    return _longest_first((*own, name.replace("_", " "), *usual))


def _is_name(word: str) -> bool:
    """Whether a word of print names one endpoint wherever it stands: "response" and "survival" do not."""
    return " " in word or "-" in word or any(character.isupper() for character in word[1:])


def endpoint_names(lexicon: Lexicon) -> Mapping[str, str]:
    """Endpoint as texts name it (`overall_survival`) → the lexicon's name.

    Args:
        lexicon: Known names.
    """
    found: dict[str, str] = {}
    for name, words in lexicon.endpoints.items():
        for word in (*words, name):
            generic = _GENERIC.get(_plain(word))
            if generic is not None:
                found.setdefault(generic, name)
    return found


def generic_names(lexicon: Lexicon) -> dict[str, str]:
    """The lexicon's name → endpoint as texts name it (`overall_survival`), where there is such a name.

    Args:
        lexicon: Known names.
    """
    found: dict[str, str] = {}
    for generic, name in endpoint_names(lexicon).items():
        found.setdefault(name, generic)
    return found


def in_plain_terms(reading: Reading, lexicon: Lexicon) -> Reading:
    """A reading with endpoints by the names that texts have for them: what the rules know of `overall_survival`.

    Args:
        reading: The text and its claims, read with the lexicon.
        lexicon: Names of a trial, under which `os` may be overall survival.
    """
    names = generic_names(lexicon)
    claims = (replace(claim, endpoint=names.get(claim.endpoint, claim.endpoint)) for claim in reading.claims)
    return replace(reading, claims=tuple(claims))


def key_of(claim: Claim, lexicon: Lexicon) -> Key | None:
    """The key of the statistic that a claim states.

    Args:
        claim: The claim, read with the lexicon.
        lexicon: Known names of arms and endpoints.

    Returns:
        A key of stage `published`, with the landmark in the lexicon's unit of time; None where a claim states nothing
        that results have (a date, a ratio of randomization, an assumption of the design).
    """
    found = seek(claim, lexicon, endpoint_names(lexicon))
    return found[0].key if found else None


def sought(claim: Claim, lexicon: Lexicon, names: Mapping[str, str] | None = None) -> tuple[Sought, ...]:
    """What a claim can be about, the likeliest first.

    Args:
        claim: The claim.
        lexicon: Known names.
        names: What `endpoint_names` gives, where many claims are asked for.
    """
    return seek(claim, lexicon, endpoint_names(lexicon) if names is None else names)
