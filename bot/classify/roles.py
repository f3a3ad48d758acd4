"""What an account says its owner is, where that makes a reply urgent or delicate.

A bio is a joke as often as a fact: what is denied, past, hoped for or somebody else's
is no role, and names that only look like one are passed over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

JOURNALIST = "journalist"
LAWYER = "lawyer"
REGULATOR = "regulator"
POLITICIAN = "politician"
PHYSICIAN = "physician"
ADVOCATE = "consumer advocate"

READ_AT_MOST = 1_000
"""Characters of a bio that are looked at."""

# Words that stand alone in languages written with spaces.
_WORDS: Mapping[str, str] = {
    JOURNALIST: r"""
        journalists? | journo | reporter | \w+\scorrespondent | columnist
      | news\s?(?:room|reader|caster|anchor|editor) | anchor(?:man|woman)?\s(?:at|for)
      | (?:managing|deputy|political|business|finance|consumer)\seditor
      | editor[\s-]in[\s-]chief | editor\s(?:at|of)(?=\s(?:@|the\b)) | broadcaster
      | (?:investigative|consumer|finance)\s(?:producer|reporter)
      | periodistas? | reporter[oa] | journalistes? | rédac(?:teur|trice)\sen\schef
      | journalist(?:in|innen) | reporterin | chefredakteur(?:in)? | jornalista
      | giornalista | dziennikarz | dziennikarka | gazeteci | nhà\sbáo | phóng\sviên
    """,
    LAWYER: r"""
        lawyers? | attorney(?!\sgeneral) | solicitor(?!\sgeneral) | barrister
      | (?:general|legal|senior)\scounsel | litigator | king'?s\scounsel | paralegal
      | abogad[oa] | avocate?\sau\sbarreau | avocate | rechtsanw(?:alt|ältin)
      | anw(?:alt|ältin) | advogad[oa] | avvocat[oa] | adwokat | avukat | luật\ssư
    """,
    REGULATOR: r"""
        ombuds(?:man|woman|person)
      | (?:financial|banking|market|energy|telecom\w*|privacy|data|food|safety|health
         |insurance|aviation|water|gambling|consumer)\s(?:\w+\s)?regulator
      | regulators?\s(?:at|of|for)
      | consumer\s(?:and|&)\s(?:markets|competition)\scommission
      | (?:competition|privacy|information|consumer|securities|data|data\sprotection
         |energy|human\srights)\scommission(?:er)?
      | (?:prudential|financial|market|banking|transport|aviation|food|safety
         |data\sprotection)\s(?:\w+\s)?authority
      | official\saccount\sof\sthe\s(?:\w+\s){0,5}
        (?:commission|authority|regulator|ministry)
      | trading\sstandards | better\sbusiness\sbureau | bafin | verbraucherzentrale
      | defensor(?:ía)?\sdel\s(?:pueblo|consumidor) | superintendencia
      | autorité\sdes\smarchés
    """,
    POLITICIAN: r"""
        senator | congress(?:man|woman|person)
      | member\sof\s(?:parliament|congress)
      | u\.?s\.?\srep(?:resentative)?\.? | state\srepresentative | federal\smember\sfor
      | (?:lord\s|deputy\s)?mayor\s(?:of|for) | councill?or\s(?:of|for|at) | councill?or
      | council(?:woman|man|member) | (?:prime|shadow|cabinet|assistant)\sminister
      | minister\s(?:for|of)
        (?!\s(?:the\sgospel|music|worship|religion|the\sword))
      | state\s(?:senator|secretary) | secretary\sof\sstate | attorney[\s-]general
      | assembly(?:man|woman|member) | governor\sof | m\.?p\.?\sfor
      | mep\s(?:for|from) | mdb\s(?:für|aus)
      | alcalde(?:sa)? | diputad[oa] | senador[a]? | députée? | sénat(?:eur|rice)
      | maire\sde | bundestagsabgeordnete[r]? | bürgermeister(?:in)? | deputad[oa]
      | vereador[a]? | sindaco | milletvekili
    """,
    PHYSICIAN: r"""
        physicians? | surgeon(?!\s?fish)
      | (?:cardio|neuro|onco|gyna?eco|dermato)logist
      | p[a]?ediatrician | psychiatrist | an[a]?esthe(?:tist|siologist) | m\.d\.
      | general\spractitioner | gp\s(?:in|at|and|&) | mbbs | mbchb | fr?acp | fracgp
      | doctor(?!\s(?:who|strange|doom|pepper|dolittle|octopus|of\sphilosophy))
      | médic[oa] | médecin | arzt | ärztin | kinderarzt | bác\ssĩ
      | chirurg(?:in)? | chirurgien(?:ne)?
    """,
    ADVOCATE: r"""
        consumer\s(?:advocate|champion|rights|watchdog|affairs\s(?:writer|advocate))
      | verbraucherschützer(?:in)? | defensora?\sde\s(?:los\s)?consumidores
    """,
}

# Scripts without spaces, or in which word ends are no ends to a pattern.
_RUNS: Mapping[str, tuple[str, ...]] = {
    JOURNALIST: (
        "记者",
        "記者",
        "पत्रकार",
        "صحفي",
        "صحافي",
        "журналист",
        "記者",
        "기자",
    ),
    LAWYER: ("律师", "律師", "वकील", "अधिवक्ता", "محامي", "адвокат", "弁護士", "변호사"),
    POLITICIAN: (
        "议员",
        "議員",
        "सांसद",
        "विधायक",
        "عضو البرلمان",
        "депутат",
        "국회의원",
    ),
    PHYSICIAN: ("医生", "醫生", "醫師", "चिकित्सक", "طبيب", "врач", "医師"),
}

_BEFORE = re.compile(
    r"""(?:\b(?:not|never|no\slonger|isn't|ain't|ex|former|formerly|retired|reformed|recovering
      |aspiring|wannabe|future|armchair|failed|fake|pretend|would[\s-]be|self[\s-]proclaimed
      |fan\sof|wife\sof|husband\sof|son\sof|daughter\sof|parent\sof|married\sto|spin|witch
      |hate|hates|love|loves|my|your|our|his|her|their|become|becoming|be|nicht|kein|keine
      |pas|plus|sin|ex-|futur|angehende[r]?|aspirante\sa|estudiante\sde|tree|plant|robot
      |barracks|devil's|street|love|bird|clan)\b[\s-]*(?:an?|the|to|as)?\s*)$""",
    re.VERBOSE,
)
_AFTER = re.compile(
    r"\s?(?:'s\b|up\b|jokes?\b|memes?\b|fan\b|wife\b|husband\b|wannabe\b|in\s(?:the\s)?(?:training|making)\b"
    r"|student\b|to\sbe\b|barbie\b)"
)


def read(name: str, bio: str) -> tuple[str, ...]:
    """Return the roles that a name and a bio claim, in a fixed order."""
    text = unicodedata.normalize("NFKC", f"{name[:100]} | {bio[:READ_AT_MOST]}")
    text = text.casefold().replace("\u2019", "'")
    return tuple(role for role in _WORDS if _claims(role, text))


def _claims(role: str, text: str) -> bool:
    if any(run in text for run in _RUNS.get(role, ())):
        return True
    return any(
        not _BEFORE.search(text, max(0, found.start() - 40), found.start())
        and not _AFTER.match(text, found.end())
        for found in _pattern(role).finditer(text)
    )


@cache
def _pattern(role: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w@#])(?:{_WORDS[role]})(?!\w)", re.VERBOSE)
