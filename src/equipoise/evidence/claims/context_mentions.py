"""Where a text mentions its arms, by any of their names, in general words, or all of them at once."""

from __future__ import annotations

from collections.abc import Iterator

from equipoise.evidence.claims.arms import Names
from equipoise.evidence.claims.context_lists import (
    ALONE,
    CONNECTORS,
    DOSES,
    FILLERS,
    GROUPS,
    NUMBER_WORDS,
    WEAK,
)
from equipoise.evidence.claims.context_literal import with_literal
from equipoise.evidence.claims.context_names import ALL, BOTH, GENERAL, OTHER, SAME
from equipoise.evidence.claims.context_words import Mention, Text, Trie, build_trie, longest

__all__ = ["ALL", "BOTH", "OTHER", "SAME", "arm_mentions"]


_TRIE: Trie = build_trie(GENERAL)
_NOUNS = frozenset(
    (
        "therapy",
        "care",
        "treatment",
        "regimen",
        "strategy",
        "maintenance",
        "management",
        "approach",
        "surgery",
        "course",
        "dose",
        "recipient",
        "ring",
        "vaccination",
    )
)
_FORMS = frozenset(
    ("infusion", "tablet", "capsule", "injection", "every", "daily", "once", "twice", "weekly", "monthly", "oral")
)
_AFTER = GROUPS | ALONE | frozenset(("dose", "therapy", "treatment", "regimen", "recipient", "patient", "care"))


def arm_mentions(text: Text, names: Names) -> list[Mention]:
    """Mentions of arms in order; the name is that of the arm, or one of `BOTH`, `ALL`, `OTHER`, `SAME`.

    Args:
        text: The text.
        names: Its arms.
    """
    out: list[Mention] = []
    i, words = 0, text.words
    while i < len(words):
        stem = words[i].stem
        if words[i].text.lower() == "others":
            out.append(Mention(words[i].start, words[i].end, OTHER, "general"))
        if (stem in names.alias or stem[0].isdigit()) and _alias(text, names, i) and _named(text, i):
            made = list(_own(text, names, i))
            if made:
                out += [mention for mention, _ in made]
                i = max(made[-1][1], i + 1)
                continue
        if stem not in _TRIE.children:
            i += 1
            continue
        name, end = longest(_TRIE, words, i)
        mention = _general(text, names, name, i, end) if name else None
        if mention:
            out.append(mention)
            i = end
        else:
            i += 1
    return _resolved(text, with_literal(text, names.literal, out), names)


def _named(text: Text, at: int) -> bool:
    """Whether a word can be a name: a single letter only as a capital that is no "n ="."""
    word = text.words[at]
    return (
        len(word.text) > 1
        or word.text.isdigit()
        or (word.text.isupper() and text.plain[word.end : word.end + 2].strip()[:1] != "=")
    )


def _alias(text: Text, names: Names, at: int) -> tuple[str, ...]:
    """Stems of names of arms that a word stands for; () where it is in no name."""
    word = text.words[at]
    if word.text[0].isdigit():
        return _dose(text, names, at)
    return names.alias.get(word.stem, ())


def _dose(text: Text, names: Names, at: int) -> tuple[str, ...]:
    """A dose in the name of an arm: "5 mg", "5-mg"."""
    words = text.words
    behind = at + 1 + (at + 1 < len(words) and words[at + 1].text == "-")
    if behind < len(words) and words[behind].stem in DOSES:
        token = words[at].text + words[behind].stem
        return names.alias.get(token, ())
    return ()


def _own(text: Text, names: Names, first: int) -> Iterator[tuple[Mention, int]]:
    """Mentions that begin at a word of an arm's name: runs of such words, each as long as it means one arm."""
    run: list[tuple[int, tuple[str, ...]]] = []  # words of names, by index
    i: int | None = first
    while i is not None:
        more = _alias(text, names, i)
        key = frozenset(token for _, tokens in run for token in tokens)
        if run and (names.conflicts(key | frozenset(more)) or _pair_ahead(text, i, run[-1][0])):
            # Words that both arms share go with the name that begins here: "F" of "F/TAF and F/TDF".
            cut = len(run)
            while (
                cut > 1
                and not any(len(names.owners.get(t, ())) == 1 for t in run[cut - 1][1])
                and text.words[run[cut - 1][0] + 1].text in "/-"
            ):
                cut -= 1
            yield from _mention(text, names, run[:cut])
            run = run[cut:]
        run.append((i, more))
        i = _next(text, names, i)
    yield from _mention(text, names, run)


def _next(text: Text, names: Names, at: int) -> int | None:
    """Index of the next word of a name that connecting words alone part from the one at `at`."""
    for i in range(at + 1, min(at + 6, len(text.words))):
        stem = text.words[i].stem
        if i in text.firsts:
            return None
        if _alias(text, names, i):
            return i if _named(text, i) else None
        if stem not in CONNECTORS and stem not in FILLERS:
            return None
    return None


def _pair_ahead(text: Text, at: int, last: int) -> bool:
    """Whether "and" between two names, with "groups" behind them, parts them ("palbociclib and standard groups")."""
    words = text.words
    if not any(word.stem == "and" for word in words[last + 1 : at]):
        return False
    for word in words[at + 1 : at + 5]:
        if word.stem in GROUPS:
            return word.text.endswith("s")
    return False


def _mention(text: Text, names: Names, run: list[tuple[int, tuple[str, ...]]]) -> Iterator[tuple[Mention, int]]:
    """The mention that words make, if they mean one arm; and the index after it."""
    words, first, last = text.words, run[0][0], run[-1][0]
    if words[last].text[0].isdigit():  # a dose: its unit belongs to it
        last += 1 + (words[last + 1].text == "-")
    key = frozenset(token for _, tokens in run for token in tokens)
    end = last + 1
    form = ""
    while end < len(words) and end < last + 4 and (words[end].stem in _AFTER or words[end].text == "-"):
        if words[end].text == "-" and (end + 1 >= len(words) or words[end + 1].stem not in _AFTER):
            break
        form = "group" if words[end].stem in GROUPS else form
        end += 1
    which = names.resolve(key)
    if which is None:
        return
    if _added_to_unknown(text, names, first, which, key):
        return
    if first and words[first - 1].stem in ("without", "no"):
        if len(names.arms) != 2 or "no" in key:
            return
        which = 1 - which
    end = _with_dose(text, end)
    if key <= WEAK and len(key) < 2 and not form and end == last + 1:
        at = end + (end + 1 < len(words) and words[end].text == "-")  # "fixed-dose"
        behind = words[at] if at < len(words) else None
        after = (
            first > 0
            and words[first - 1].stem in ("on", "with", "versus", "vs")
            and (not behind or behind.text in ".,;)")
        )
        if not after and not (behind and (behind.stem in _NOUNS or behind.text in ":=(|" or behind.text[0].isdigit())):
            return
    yield Mention(words[first].start, words[end - 1].end, names.arms[which].name, form), end


def _added_to_unknown(text: Text, names: Names, first: int, which: int, key: frozenset[str]) -> bool:
    """Whether a control is named as an addition to something else: "bevacizumab plus interferon" is not interferon."""
    words = text.words
    if first < 2 or words[first - 1].stem not in ("plus", "+") or names.arms[which].role != "control":
        return False
    return not key & {"placebo", "sham"} and words[first - 2].text[0].isalpha()


def _with_dose(text: Text, end: int) -> int:
    """Index after the dose and the schedule behind a name ("5.4 mg/kg every 3 weeks")."""
    words, i = text.words, end
    while i < len(words) and i < end + 9:
        word = words[i]
        follows = words[i + 1].stem if i + 1 < len(words) else ""
        counted = word.text[0].isdigit() or word.stem in NUMBER_WORDS
        every = words[i - 1].stem == "every" and follows in ("week", "day", "month", "hour")
        if (word.text[0].isdigit() and follows in DOSES) or (counted and every):
            i += 2
        elif (
            word.stem in _FORMS
            or (word.text in "/-" and (follows in DOSES or follows in _FORMS))
            or (word.stem in DOSES and words[i - 1].text == "/")
        ):
            i += 1
        else:
            break
    return i


def _general(text: Text, names: Names, name: str, first: int, end: int) -> Mention | None:
    """A mention in general words, where there is one arm that they can mean."""
    words = text.words
    which: int | None = None
    if name in ("*control*", "*experimental*"):
        which = names.role("control" if name == "*control*" else "experimental")
        if name == "*experimental*" and words[first].stem == "vaccine" and not _inert(names):
            return None  # of two vaccines "the vaccine" is neither
        if which is None:
            return None
        name = names.arms[which].name
        if end < len(words) and words[end].stem in GROUPS:
            end += 1
    while first < end - 1 and words[first].stem in ("in", "the"):
        first += 1
    return Mention(words[first].start, words[end - 1].end, name, "general")


def _inert(names: Names) -> bool:
    """Whether the control is a placebo, or called just that."""
    control = names.role("control")
    return control is not None and any(key & {"placebo", "saline", "control"} for key in names.keys[control])


def _resolved(text: Text, found: list[Mention], names: Names) -> list[Mention]:
    """Mentions with "the other group" and "this group" as the arm that they stand for, where that is certain."""
    out: list[Mention] = []
    last, at = "", -9  # the arm named last, and its sentence
    for mention in found:
        name, here = mention.name, text.sentence(mention.start)
        if name == SAME:
            name = last if here - at < 2 else ""
        elif name in ("*first*", "*second*"):
            name = names.arms[name == "*second*"].name if len(names.arms) == 2 else ""
        elif name == OTHER:
            others = [arm.name for arm in names.arms if arm.name != last]
            name = others[0] if here == at and len(others) == 1 else ""
        if not name:
            continue
        out.append(mention._replace(name=name))
        if not name.startswith("*"):
            last, at = name, here
    return out
