"""Arms as a text names them, and the words by which each is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from equipoise.evidence.claims.context_doses import dose_arms
from equipoise.evidence.claims.context_lists import CONTROLS, EXPERIMENTALS, FILLERS, NO_ARMS, SHORT_FORMS, WEAK
from equipoise.evidence.claims.context_literal import Words
from equipoise.evidence.claims.context_phrases import Naming, namings
from equipoise.evidence.claims.context_reader import Phrase, key_of
from equipoise.evidence.claims.context_roles import Role, is_alone, roles_of, without_doses
from equipoise.evidence.claims.context_tables import headers, of_studies, tables
from equipoise.evidence.claims.context_words import Text, abbreviations, read_text, slug, stem
from equipoise.evidence.model import Arm, Claim, Lexicon

__all__ = ["Names", "arms_of", "find_arms"]
_MOST = 400  # names looked at
_PARTS = re.compile(r"[+/_-]")


@dataclass(frozen=True, slots=True)
class Names:
    """Arms and the stems that mean them.

    Attributes:
        arms: The arms, in order of appearance.
        keys: For each arm the sets of stems, each of which is its name.
        owners: Stem → indices of arms in whose names it is, where one stem is enough to tell.
        alias: Stem → the stems of names that it stands for.
        short: Stem of an abbreviation → stems that it stands for.
        literal: Words of a lexicon, which mean their arm before "group" whatever their stems.
    """

    arms: tuple[Arm, ...]
    keys: tuple[tuple[frozenset[str], ...], ...]
    owners: Mapping[str, frozenset[int]]
    alias: Mapping[str, tuple[str, ...]]
    short: Mapping[str, tuple[str, ...]]
    literal: Words = ()

    def resolve(self, key: frozenset[str]) -> int | None:
        """The arm that a set of stems means; None where none or more than one.

        A full name is its arm. Otherwise stems that only one arm has decide, if they do not decide for two; a name
        without any such stem is ambiguous.
        """
        exact = [i for i, keys in enumerate(self.keys) if key in keys]
        if exact:
            return exact[0] if len(exact) == 1 else None
        votes = {next(iter(owners)) for token in key if len(owners := self.owners.get(token, frozenset())) == 1}
        return votes.pop() if len(votes) == 1 else None

    def conflicts(self, key: frozenset[str]) -> bool:
        """Whether stems of two arms are in a set."""
        if any(key in keys for keys in self.keys):
            return False
        votes = {next(iter(owners)) for token in key if len(owners := self.owners.get(token, frozenset())) == 1}
        return len(votes) > 1

    def role(self, role: Role) -> int | None:
        """The only arm with a role; None where there is none or more than one."""
        found = [i for i, arm in enumerate(self.arms) if arm.role == role]
        return found[0] if len(found) == 1 else None


def find_arms(text: str, claims: Sequence[Claim], lexicon: Lexicon | None = None) -> tuple[Arm, ...]:
    """Arms as a text names them, or as a lexicon does.

    Names come from where a text must name its arms: what patients were assigned to, the two sides of "versus", words
    before "or placebo", "group" and "(n=366)", headers of tables. An arm of standard treatment, placebo or "alone" is
    the control; failing those, of two the one named second.

    Args:
        text: The text as read.
        claims: Its claims, for the sizes of arms.
        lexicon: Names that are known; then its arms are the arms.

    Returns:
        Arms in order of appearance, two or more; none where the text does not tell.
    """
    return arms_of(read_text(text), claims, lexicon).arms


def arms_of(text: Text, claims: Sequence[Claim], lexicon: Lexicon | None = None) -> Names:
    """Arms of a text that was cut into words, with the stems that mean them.

    Args:
        text: The text.
        claims: Its claims.
        lexicon: Names that are known.
    """
    short = {stem(a): tuple(key_of(words.split(), {})) for a, words in abbreviations(text).items()}
    short = {a: words for a, words in short.items() if words and a not in words}
    if lexicon is not None and lexicon.arms:
        return _known(text, claims, lexicon, short)
    found = [*headers(text, short), *_outside_of_studies(text, namings(text, claims, short))]
    chosen = dose_arms(text, short, _best(found))
    if not chosen:
        return Names((), (), {}, {}, short)
    chosen = _one_placebo(chosen)
    other = _other_names(chosen, found)
    merged = _with_further(chosen, found, other)
    first: dict[frozenset[str], int] = {}
    for naming in found:
        for phrase in naming.phrases:
            first[phrase.key] = min(phrase.start, first.get(phrase.key, phrase.start))
    placed = sorted(merged, key=lambda phrase: first.get(phrase.key, phrase.start))
    order = [placed.index(one) for one in chosen]
    phrases = without_doses(placed)
    other = {key: (order[i], votes) for key, (i, votes) in other.items()}
    keys = _aliases(phrases, found, other)
    lone = {p.key for n in found[:_MOST] for p in n.phrases if is_alone(text, p)}
    roles = roles_of(phrases, lone)
    arms = tuple(Arm(slug(p.label), p.label, r) for p, r in zip(phrases, roles, strict=True))
    for i, phrase in enumerate(phrases):
        if "placebo" in phrase.key and (bare := phrase.key - {"placebo"}):
            keys[i] = (*keys[i], bare)  # "placebo plus B" is also called "B alone"
    voting = [(keys[i][0], *(k for k in keys[i][1:] if other.get(k, (i, False))[1])) for i in range(len(phrases))]
    return _names(_unlike(arms), keys, voting, _shortened(text, keys, short))


def _outside_of_studies(text: Text, found: Iterable[Naming]) -> Iterator[Naming]:
    """Namings without those in tables that have a column a study."""
    spans = [(t.rows[0][0].start, t.rows[-1][-1].end) for t in tables(text) if of_studies(text, t)]
    for naming in found:
        if not any(a <= naming.phrases[0].start < b for a, b in spans):
            yield naming


def _names(
    arms: tuple[Arm, ...],
    keys: Sequence[tuple[frozenset[str], ...]],
    voting: Sequence[tuple[frozenset[str], ...]],
    short: Mapping[str, tuple[str, ...]],
) -> Names:
    owners: dict[str, set[int]] = {}
    for i, several in enumerate(voting):
        for key in several:
            for token in () if "no" in key else key:  # "hydrocortisone" is not the arm without it
                owners.setdefault(token, set()).add(i)
    words = frozenset(token for several in keys for key in several for token in key)
    alias: dict[str, tuple[str, ...]] = {token: (token,) for token in words}
    for abbreviation, full in {**SHORT_FORMS, **short}.items():
        if any(token in words for token in full):
            alias[abbreviation] = tuple(full)
        else:
            alias.pop(abbreviation, None)
    return Names(arms, tuple(keys), {token: frozenset(who) for token, who in owners.items()}, alias, short)


def _unlike(arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    """Arms with names that differ."""
    seen: dict[str, int] = {}
    out = []
    for arm in arms:
        seen[arm.name] = seen.get(arm.name, 0) + 1
        out.append(arm if seen[arm.name] == 1 else replace(arm, name=f"{arm.name}_{seen[arm.name]}"))
    return tuple(out)


def _known(text: Text, claims: Sequence[Claim], lexicon: Lexicon, short: dict[str, tuple[str, ...]]) -> Names:
    """The arms of a lexicon, by its words and by other ones that the text uses for one of two of them."""
    arms: list[Arm] = []
    keys: list[tuple[frozenset[str], ...]] = []
    for name, words in lexicon.arms.items():
        label = words[0] if words else name
        several = (key_of(_PARTS.sub(r" \g<0> ", w).split(), short) for w in (*words, name.replace("_", " ")))
        arms.append(Arm(name, label, lexicon.roles.get(name, "")))
        keys.append(tuple(dict.fromkeys(key for key in several if key)))
    members = [Phrase(i, i, arm.label, frozenset().union(*keys[i])) for i, arm in enumerate(arms)]
    other = _other_names(members, list(namings(text, claims, short)))
    more = [tuple(key for key, (i, _) in other.items() if i == at) for at in range(len(arms))]
    full = [(*own, *extra) for own, extra in zip(keys, more, strict=True)]
    made = _names(tuple(arms), full, keys, _shortened(text, full, short))
    return replace(made, literal=tuple(lexicon.arms.items()))


def _supports(phrase: Phrase, members: Sequence[Phrase]) -> int | None:
    """Which of several phrases a phrase means: by all its stems, or by stems that only one has."""
    for i, member in enumerate(members):
        if member.key == phrase.key:
            return i
    votes = set()
    for token in phrase.key:
        having = [i for i, member in enumerate(members) if token in member.key and "no" not in member.key]
        if len(having) == 1:
            votes.add(having[0])
    return votes.pop() if len(votes) == 1 else None


def _best(found: Sequence[Naming]) -> tuple[Phrase, ...]:
    """The phrases that are most likely the arms: a list that single names elsewhere in the text bear out."""
    singles = [n for n in found if len(n.phrases) == 1]
    several = [n for n in found if len(n.phrases) > 1 and (n.form == "table" or all(_worded(p) for p in n.phrases))]
    lists = [n.phrases for n in several]
    weights = [n.weight for n in several]
    if shared := _against_one(several):
        lists.append(shared)
        weights.append(2.5)
    loose = _loose(singles)
    if loose:
        lists.append(loose)
        weights.append(0.5)
    best: tuple[float, tuple[Phrase, ...]] = (1.9, ())
    for phrases, weight in zip(lists[:60], weights, strict=False):
        members = _distinct(phrases)
        if len(members) < 2:
            continue
        score = weight + sum(0.25 for other in lists[:60] if {p.key for p in other} == {p.key for p in members})
        hit = [0.0] * len(members)
        for naming in singles[:200]:
            which = _supports(naming.phrases[0], members)
            if which is not None:
                hit[which] += naming.weight
        score += sum(min(h, 3.0) for h in hit)
        if score > best[0]:
            best = (score, members)
    return best[1]


def _against_one(several: Sequence[Naming]) -> tuple[Phrase, ...]:
    """Arms that a text compares with the same one: "A versus C", "B versus C"."""
    pairs = [n.phrases for n in several[:60] if len(n.phrases) == 2 and n.form in ("versus", "or_control")]
    for one, two in combinations(pairs, 2):
        if one[1].key == two[1].key and not one[0].key & two[0].key:
            return (one[0], two[0], one[1])
    return ()


def _worded(phrase: Phrase) -> bool:
    """Whether a phrase has a word, and not only doses."""
    return any(token[0].isalpha() for token in phrase.key)


def _loose(singles: Sequence[Naming]) -> tuple[Phrase, ...]:
    """Names that stand alone: those with a size if there are two, else those of groups and behind numbers."""
    sized = _distinct(n.phrases[0] for n in singles if n.form == "size" and _worded(n.phrases[0]))
    if len(sized) > 1:
        return sized
    weights: dict[frozenset[str], float] = {}
    for naming in singles:
        key = naming.phrases[0].key
        weights[key] = weights.get(key, 0.0) + naming.weight + (0.5 if key & CONTROLS else 0.0)
    fit = [n for n in singles if not n.phrases[0].key & NO_ARMS and _worded(n.phrases[0])]
    firm = _distinct(n.phrases[0] for n in fit if weights[n.phrases[0].key] >= 1.0)
    if not any(n.form in ("size", "group") for n in fit):
        return _drug_and_control(firm, weights)
    return firm


def _drug_and_control(phrases: Sequence[Phrase], weights: Mapping[frozenset[str], float]) -> tuple[Phrase, ...]:
    """Of names that only prepositions make arms ("with", "on", "received"), a control and the likeliest other."""
    controls = [p for p in phrases if p.key & {"placebo", "usual", "standard"}]
    others = sorted((p for p in phrases if not p.key & CONTROLS), key=lambda p: -weights[p.key])
    if len(controls) != 1 or not others:
        return ()
    if len(others) > 1 and weights[others[1].key] >= weights[others[0].key]:
        return ()
    return (others[0], controls[0])


def _joined(phrase: Phrase) -> bool:
    """Whether a phrase names a combination, or the lack of something."""
    return bool(re.search(r"(?i)\b(?:plus|and|with|no|to|added)\b|[+/-]", phrase.label))


def _distinct(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
    """Phrases of which none is another name of an earlier one."""
    kept: list[Phrase] = []
    for phrase in phrases:
        if any(phrase.key == k.key for k in kept):
            continue
        if len(kept) > 1 and any(phrase.key < k.key for k in kept):
            continue
        if any((phrase.key < k.key and not _joined(k)) or (k.key < phrase.key and not _joined(phrase)) for k in kept):
            continue  # "usual oxygen" and "usual" are one; "A plus B" and "A" are two
        kept.append(phrase)
        if len(kept) == 6:
            break  # what comes after changes nothing, and a long text may name thousands
    return tuple(kept)


def _with_further(
    chosen: tuple[Phrase, ...], found: Sequence[Naming], other: Mapping[frozenset[str], tuple[int, bool]]
) -> tuple[Phrase, ...]:
    """The arms, with further ones whose size the text gives or whose group it names twice."""
    times: dict[frozenset[str], float] = {}
    arms = list(chosen)
    generic = CONTROLS | EXPERIMENTALS | NO_ARMS
    for naming in found[:_MOST]:
        phrase = naming.phrases[0]
        if naming.form not in ("size", "group") or phrase.key <= generic or _supports(phrase, arms) is not None:
            continue
        if any(phrase.key & arm.key for arm in arms) or phrase.key in other:
            continue
        times[phrase.key] = times.get(phrase.key, 0.0) + naming.weight
        if times[phrase.key] >= 2.0 and len(arms) < 6:
            arms.append(phrase)
    return tuple(arms)


def _one_placebo(chosen: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """Arms of which "placebo plus B" and "B alone" are one."""
    bare = {p.key - {"placebo", "sham"} for p in chosen if p.key & {"placebo", "sham"}}
    kept = tuple(p for p in chosen if p.key not in bare)
    return kept if len(kept) > 1 else chosen


def _other_names(chosen: Sequence[Phrase], found: Sequence[Naming]) -> dict[frozenset[str], tuple[int, bool]]:
    """Names that stand for one of two arms: of two names side by side the unknown one is the other arm's.

    Returns:
        Name → index of its arm, and whether each of its words alone means the arm.
    """
    other: dict[frozenset[str], tuple[int, bool]] = {}
    if len(chosen) != 2:
        return other
    for form in ("size", "group"):
        alone = _distinct(n.phrases[0] for n in found[:_MOST] if n.form == form)
        if len(alone) != 2:
            continue
        means = [_supports(p, chosen) for p in alone]
        known = [m for m in means if m is not None]
        if len(known) == 1:
            other.setdefault(alone[means.index(None)].key, (1 - known[0], True))
    for naming in found[:_MOST]:
        if len(naming.phrases) == 2 and naming.form in ("assigned", "numbers") and naming.weight > 1.0:
            means = [_supports(p, chosen) for p in naming.phrases]
            known = [m for m in means if m is not None]
            if len(known) == 1 and not naming.phrases[means.index(None)].key & NO_ARMS:
                other.setdefault(naming.phrases[means.index(None)].key, (1 - known[0], False))
    return other


def _aliases(
    phrases: Sequence[Phrase], found: Sequence[Naming], other: Mapping[frozenset[str], tuple[int, bool]]
) -> list[tuple[frozenset[str], ...]]:
    """For each arm its names: its own, and those elsewhere that mean it and no other."""
    keys: list[list[frozenset[str]]] = [[phrase.key] for phrase in phrases]
    seen = {phrase.key for phrase in phrases}
    for naming in found[:_MOST]:
        for one in naming.phrases:
            if naming.weight < 1.0 or one.key in seen:
                continue
            seen.add(one.key)
            which = _supports(one, phrases)
            if which is None and one.key in other:
                keys[other[one.key][0]].append(one.key)
            elif which is not None and one.key > phrases[which].key and not one.key & NO_ARMS:
                keys[which].append(one.key)
    return [tuple(several[:6]) for several in keys]


def _shortened(
    text: Text, keys: Sequence[tuple[frozenset[str], ...]], short: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Abbreviations, with those in capitals that begin one name ("RIB" of ribociclib)."""
    tokens = {token for several in keys for key in several for token in key if len(token) > 5}
    out = dict(short)
    for i, word in enumerate(text.words):
        if not (2 < len(word.text) < 7 and word.text.isupper()):
            continue
        beside = (*text.words[max(0, i - 1) : i], *text.words[i + 1 : i + 2])
        if any(other.text == "-" or (other.text.isupper() and len(other.text) > 1) for other in beside):
            continue  # a part of a trial's name
        if word.stem not in out:
            begun = [t for t in tokens if t.startswith(word.stem) and t != word.stem]
            if len(begun) == 1 and word.stem not in FILLERS and word.stem not in WEAK:
                out[word.stem] = (begun[0],)
    return out
