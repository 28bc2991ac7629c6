"""What a date is the date of: the first or last enrollment, the cut of the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from equipoise.evidence.model import Claim

__all__ = ["with_date_roles"]

_REACH: Final = 160
_ENROLLED: Final = re.compile(
    r"enrol|randomi[sz]|randomly|recruit|accru|assigned|allocated|took part|joined|entered|included|underwent|inclusion"
)
_OTHER: Final = re.compile(
    r"search|literature|published|publication|retrospect|diagnos|registry|records|database of|approv|pandemic|season|"
    r"election|follow(?:ed)?[ -]?up visits"
)
_PEOPLE: Final = re.compile(
    r"\W{0,3}(?:a total of )?\d[\d,]{1,8} (?:[a-z-]+ ){0,3}?(?:patients|participants|volunteers|men|women|adults|"
    r"people|children|infants)\b(?! (?:died|had died|developed))"
)
_OPENS: Final = re.compile(r"(?:\b(?:from|between|since)|[(:,]|\bperiod|dates?)\s*(?:the )?(?:early |mid-?|late )?$")
_TO: Final = re.compile(r"\s*(?:,\s*)?(?:to|and|through|until|till|-|up to)\s*(?:the )?(?:early |mid-?|late )?$")
_CUT: Final = re.compile(
    r"(?:cut(?:s|ting)?[ -]?off|data(?:base)?[ -](?:cut|lock)|clinical cut|cut of the data|"
    r"data (?:up to|through|until|as of)|database (?:was )?(?:locked|closed)|data were cut)[^.;]{0,60}$"
)
_CUT_AFTER: Final = re.compile(
    r"^\W{0,3}(?:\((?:the )?)?(?:was )?(?:the )?(?:date of the |clinical )?(?:data[ -]?)?cut[ -]?off"
)
_FIRST: Final = re.compile(
    r"(?:first (?:patient|participant|person|woman|man|child|subject|one)?[^.;,]{0,40}|"
    r"(?:enrol\w*|recruitment|accrual|randomi[sz]ation|recruited|randomi[sz]ed)[^.;,]{0,30}"
    r"(?:began|started|opened|start|beginning|starting|since|commenced))[^.;,]{0,20}$"
)
_LAST: Final = re.compile(
    r"(?:last (?:patient|participant|person|woman|man|child|subject|one)?[^.;,]{0,40}|"
    r"(?:enrol\w*|recruitment|accrual|randomi[sz]ation)[^.;,]{0,30}"
    r"(?:ended|closed|stopped|completed|finished|complete))[^.;,]{0,20}$"
)


def with_date_roles(plain: str, claims: Sequence[Claim]) -> list[Claim]:
    """The claims, their dates with what they are of where the words beside them say so.

    "From June 2017 through July 2021, 518 patients were enrolled", "the last in March 2020", "data cutoff, May 14,
    2019". Dates of searches, publications and other things have none.

    Args:
        plain: The text, normalized.
        claims: Its claims in order.
    """
    out = list(claims)
    dates = [at for at, claim in enumerate(out) if claim.measure == "date" and claim.date and not claim.of]
    for place, at in enumerate(dates):
        claim = out[at]
        if claim.of:
            continue
        low, high = claim.sentence if claim.sentence[1] else (claim.start - _REACH, claim.end + _REACH)
        before = plain[max(0, low, claim.start - _REACH) : claim.start].lower()
        after = plain[claim.end : min(len(plain), max(high, claim.end), claim.end + _REACH)].lower()
        whole = before + " " + after
        if _CUT.search(before) or _CUT_AFTER.match(after):
            out[at] = replace(claim, of="data_cut")
            continue
        follower = dates[place + 1] if place + 1 < len(dates) else -1
        people = follower >= 0 and _PEOPLE.match(plain[out[follower].end : out[follower].end + 60].lower())
        if not (people or _ENROLLED.search(whole)) or _OTHER.search(whole):
            continue
        near = follower >= 0 and out[follower].start - claim.end < 24 and _OPENS.search(before)
        if near and _TO.fullmatch(plain[claim.end : out[follower].start].lower()):
            out[at] = replace(claim, of="enrollment_start")
            out[follower] = replace(out[follower], of="enrollment_end")
        elif _LAST.search(before) and before.rfind("last") >= before.rfind("first"):
            out[at] = replace(claim, of="enrollment_end")
        elif _FIRST.search(before):
            out[at] = replace(claim, of="enrollment_start")
    return out
