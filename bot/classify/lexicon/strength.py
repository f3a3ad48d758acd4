"""How much the words that were found say by themselves.

Told by the words and not by their entry: one entry holds "I will sue you" and "lawsuit"
side by side. Words that are named in neither table are likely, and what both name is a
hint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.domain.tags import SignalKind

PLAIN, LIKELY, HINT = 0.85, 0.65, 0.3
"""Chosen by hand, in round numbers; what they are worth is measured, not believed."""

Patterns = Mapping[SignalKind, re.Pattern[str]]


def of(kind: SignalKind, words: str) -> float:
    """Return how likely such words mean it: a plain statement, likely, or a hint."""
    if _HINTS[kind].search(words):
        return HINT
    return PLAIN if _PLAIN[kind].search(words) else LIKELY


def _patterns(found: Mapping[SignalKind, str]) -> Patterns:
    return {
        kind: re.compile(rf"(?<![\w'])(?:{pattern})") for kind, pattern in found.items()
    }


_PLAIN = _patterns(
    {
        SignalKind.HARDSHIP: (
            r"can't|cannot|couldn't|unable to|struggl|lost (?:my|our) job|laid off"
            r"|made redundant|retrenched|financial hardship|hardship (?:app|assist)"
            r"|behind (?:on|with)|(?:rent|mortgage|loan)? ?arrears|no money"
            r"|drowning in|evict(?:ed|ing)|eviction notice|\$[0-9.,]+ left"
            r"|(?:sleeping|living) in"
        ),
        SignalKind.VULNERABILITY: (
            r"(?:kill|hang|harm) ?(?:ing)? ?myself|end(?:ing)? (?:my|it all)|suicidal"
            r"|don't want to (?:live|be)|no reason|don't see (?:the|any) point"
            r"|(?:i'm|i am) (?:\w+ )?(?:disabled|blind|deaf|legally|paraly|in)"
            r"|(?:mum|mom|mother|dad|father|wife|husband|son|daughter)(?:'s| is| has"
            r"| just)? (?:dying|died|passed|in (?:the )?hosp|disabled|blind|deaf)"
            r"|my abuser|(?:restraining|intervention) order|domestic|my father|my late"
            r"|not safe|can't go on|(?:terminal|stage \w+) (?:cancer|ill)|my disab"
            r"|wheelchair user"
        ),
        SignalKind.LEGAL_THREAT: (
            r".*\b(?:sue\b|suing)|(?:my|our) (?:lawyer|attorney|solicitor)|.*in court$"
            r"|tak\w+ (?:you|@|this|it)\b|small claims|legal (?:action|proceed|steps)"
            r"|(?:letter of|statutory) demand|statement of claim|cease and|without prej"
            r"|(?:lodg|fil|report|complain|contact|escalat|writ)\w* .*"
            r"|instructed|hearing from"
        ),
        SignalKind.SAFETY: (
            r".*(?:caught fire|burst into|exploded|melted)|.*\bburn(?:ed|t) (?:my|his"
            r"|her|our)|electric(?:al)? shock|electrocut|(?:allergic|bad) reaction"
            r"|anaphyla|food poison|.*(?:in|inside) (?:my|our|his|her) \w+"
            r"|(?:broke|fractured|sliced|cut open|gashed) (?:my|his|her|our)"
            r"|smell(?:s|ed|ing)? (?:of |like )?gas|gas leak|carbon mono|brakes?"
            r"|(?:by|called an|needed an) ambulance|.*(?:assaulted|attacked) (?:me|my)"
            r"|threaten|[0-9]+ stitches|could(?:'ve| have) (?:died|been killed)"
            r"|(?:can't|cannot|unable) .*(?:ambulance|000|911|999|112|police)"
        ),
        SignalKind.MEDIA: (
            r"(?:i'm|i am|we're|this is) .*|request\w* (?:for )?comment"
            r"|(?:contact|call|tell|told|email|going|talk|spoke|speak|sent)\w* .*"
            r"|(?:writing|working|preparing|publishing|running|researching) .*"
            r"|(?:media|press) (?:enquir|inquir)"
        ),
        SignalKind.CHURN: (
            r".*(?:cancel|clos|terminat)\w* (?:my|our) .*|.*switching to.*"
            r"|(?:tak|mov|spend)\w* (?:my|our|all my) .*"
            r"|.*\b(?:never|not|won't) .*again|.*done with (?:you|@)"
            r"|(?:lost|losing|lose) (?:me|us|my|our)|leaving (?:you|@)"
            r"|last time i|port\w* (?:out|my)|not renew"
        ),
        SignalKind.FRAUD: (
            r"unauthori|(?:transactions?|charges?|payments?|withdrawals?)"
            r" (?:that )?(?:i|we)|(?:didn't|don't|did not|never) .*|identity"
            r"|stole (?:my|our)|stolen (?:my|our)"
            r"|(?:my|our) (?:\w+ )?(?:account|card|identity|money) .*"
            r"|(?:someone|somebody|hackers?|a stranger) .*|.*(?:got|been|was) hacked"
            r"|sim[- ]swap|(?:got|been|was|being|getting) scammed|accounts? .*drained"
            r"|(?:asked|asking|asks|wants?) .*"
        ),
    }
)

_HINTS = _patterns(
    {
        SignalKind.HARDSHIP: (
            r"eviction$|bailiff|skip|repossess\w*$|overdrawn|food ?bank|payday"
            r"|debt collect|hardship (?:team|plan|program)|penniless|foreclos"
            r"|(?:i'm|be|am|was) homeless|haven't eaten|dishono"
        ),
        SignalKind.VULNERABILITY: (
            r"elderly|lifeline|.*dark place|(?:old age |age )?pensioners?$|.*life supp"
            r"|.*intensive care|wheelchair (?:access|assist)|a wheelchair|with disab"
            r"|no fight|(?:the|a) funeral|medical (?:reason|issue|condition)|.*breaking"
            r"|(?:crisis|suicide) (?:team|line)|suicide$|bereavement$|very ill"
            r"|live alone|i (?:just )?want to die|my anxiety|death of|after surgery"
            r"|(?:7|8|9)[0-9][- ]|.*transplant|deceased$|scared|afraid"
        ),
        SignalKind.LEGAL_THREAT: (
            r"^(?:(?:the|a|an|financial) )?(?:tribunal|law ?suits?|class[- ]action"
            r"|ombuds\w+|gdpr)$|negligen"
            r"|legal advice|press(?:ing)? charges|call\w* .*police|.*\bliable"
            r"|health (?:inspect|depart)|food (?:auth|stand)|breach of \w+$"
            r"|i(?:'d| would) sue|privacy|consumer (?:law|act)"
        ),
        SignalKind.SAFETY: (
            r"(?:\w+ )*dangerous$|unsafe|hazard|(?:\w+ )?hazard$|recall|passed out"
            r"|.*collapsed|fainted|(?:can't|cannot) breathe"
            r"|allerg(?:ic(?! reaction)|en)|.*(?:on fire)$|(?:almost|nearly) died"
            r"|sparks?\b|house fire"
            r"|adrenaline|is injured|(?:had|have) a .*fall|safety (?:concern|issue)"
        ),
        SignalKind.MEDIA: (
            r".*viral$|on the record|name? and sham|naming and sham|call me"
            r"|(?:your|the|a) (?:press|media|pr|comms|communications) team"
        ),
        SignalKind.CHURN: (
            r"never again$|#?boycott\w*$|unsub|unins|delet\w+ (?:the|this) app"
            r"|(?:lost|lose) (?:a|another|this) |chang\w+ airlines|look elsewhere"
        ),
        SignalKind.FRAUD: (
            r"scam|fraud|phish|^hack(?:ed|ing)?$|impersonat|data breach|vishing|smish"
            r"|fake|bogus|kindly"
        ),
    }
)
