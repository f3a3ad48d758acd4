"""Words about the business itself: leaving it, and being robbed in its name."""

from __future__ import annotations

from bot.classify.lexicon.entry import Entry, entry
from bot.domain.tags import SignalKind

_C = SignalKind.CHURN
_F = SignalKind.FRAUD


_ACCOUNT = (
    r"(?:accounts?|subscriptions?|memberships?|contracts?|polic(?:y|ies)|plans?|cards?"
    r"|services?|premium|insurance|mortgage|broadband|prime|loan|sim|phone line)"
)
_DO = (
    r"(?:fly(?:ing)?|us(?:e|ing)|buy(?:ing)?|order(?:ing)?|shop(?:ping)?|book(?:ing)?"
    r"|stay(?:ing)?|bank(?:ing)?|eat(?:ing)?|com(?:e|ing) back|go(?:ing)? (?:back|with"
    r"|to)|deal(?:ing)?|rid(?:e|ing)|travel(?:l?ing)?|purchas(?:e|ing)|spend(?:ing)?"
    r"|do(?:ing)? business|set(?:ting)? foot|giv(?:e|ing)|rent(?:ing)?)"
)
CHURN: tuple[Entry, ...] = (
    entry(
        _C,
        r"(?:(?:i'm|i am|i've|i have|we're|we are|we've|i|we|just|going to|want to"
        r"|wanna|gonna|i'll|we'll|time to|about to|how (?:do|can) i|can i|ready to"
        r"|decided to|forced to|need to|like to|trying to|to|and|be|please|officially"
        r"|@|@,) (?:be |have |now |just |officially |finally |seriously |also "
        r"|thinking (?:of|about) |considering |immediately )*|^|(?<=[.!?,]\s)"
        r"|(?<=\n))(?:cancel(?:l?ing|l?ed)?|clos(?:e|ing|ed)|terminat(?:e|ing|ed)"
        r"|ending|delet(?:e|ing|ed)|deactivat(?:e|ing|ed)) (?:all |both )?(?:my|our"
        r"|the|this|of my) (?:@ )?(?:\w+"
        rf" ){{0,3}}?{_ACCOUNT}(?! (?:because|as) (?:you|they) )",
        r"(?:you|they|u|@|bank|airline|company|system|app)(?: have| has|'ve| just"
        r"| want| tried| trying| decided| had)*(?: to)? (?:cancel|clos|terminat|delet"
        r"|deactivat)\w+ my",
    ),
    entry(
        _C,
        r"(?:switch|mov|chang)(?:e|ing|ed)? (?:\w+ ){0,2}?(?:to (?:a |an )?(?:another"
        r"|different|new|other) (?:\w+ )?(?:bank|provider|carrier|insurer|network"
        r"|airline|supplier|company|service|brand)|banks|providers?|carriers?"
        r"|insurers?|networks?|airlines|suppliers?)|(?:i'm|i am|we're|we are|time to"
        r"|going to|gonna|i'll be|we'll be|thinking (?:of|about)|considering"
        r"|tempted to|ready to) switch(?:ing)? (?:over |back )?(?:to|from|away)|(?:to"
        r"|with) (?:your|a|the) competit(?:or|ion)\w*",
        r"switch\w* (?:over |back )?(?:to|from) (?:airplane|flight|dark|light|wi-?fi"
        r"|safari|chrome|desktop|manual|offline|the next|another (?:song|seat|flight"
        r"|gate))",
        no=True,
    ),
    entry(
        _C,
        r"(?:tak(?:e|ing)|spend(?:ing)?|mov(?:e|ing)) (?:my|our|all my|his"
        r"|her) (?:\w+ )?(?:business|money|custom|savings|accounts?|dollars) elsewhere"
        r"|(?:go(?:ing)?|shop(?:ping)?|bank(?:ing)?|look(?:ing)?|book(?:ing)?"
        r"|fly(?:ing)?|buy(?:ing)?) elsewhere",
        no=True,
    ),
    entry(
        _C,
        r"(?:never|not|won't|wouldn't|will not|don't think i'll|refuse to"
        r"|don't (?:ever )?(?:want|plan) to)(?: ever| be| want to| gonna| going to"
        r"| wanna| will i| will we"
        rf"| i| consider| even| to)* {_DO}\b[^.!?\n]{{0,60}}?\bagain\b"
        r"|last time (?:i|we|i'll|we'll|we will|i will|i am|i'm|me)?(?: will| ever| be"
        rf"| spend(?:ing)?)* ?{_DO}\b",
        r"anyone else|any other|anything else|another airline|other airline"
        r"|not (?:going )?to (?:ask|say|try) again|log(?:ging)? in again|give up"
        r"|wait(?:ing)? again|so i don't|last time i used|give it a",
    ),
    entry(
        _C,
        r"(?:lost|losing|lose|loses|loosing) (?:me|us|my|our|a|another|this|yourself a"
        r"|yourselves a|one)(?: as| a| very| loyal| long[- ]?time| longtime| good"
        r"| valued| paying| frequent| faithful| potential| future"
        r"| regular)* (?:customer|client|business|custom|subscriber|passenger|flyer"
        r"|flier|guest|member)\b",
        r"business (?:card|trip|class|days?|meeting|bag|account|opportunit)",
        no=True,
    ),
    entry(
        _C,
        r"(?:i'm|i am|we're|we are|so|officially|totally|completely"
        r"|i'm so)(?: \w+)? done with (?:you|@|your|this (?:company|airline|bank|app"
        r"|brand|service|place))|(?:i'm|i am|we're|we are|i'll be|time to"
        r"|thinking (?:of|about)|considering|after [0-9]+ years?|going to|gonna"
        r"|ready to)(?: \w+)? (?:leav|ditch|dump|dropp?|quitt?)(?:e|ing)? (?:you|@"
        r"|your (?:bank|service|company|app|airline|network)|for (?:a "
        r"|your )?(?:competitor|another))|break(?:ing)? up with (?:you|@)",
        r"leav\w+ @ (?:now|store|hotel|airport|lounge|today|tomorrow)"
        r"|leave you (?:with|a|alone|my)|leaving you (?:a|with|this)|on vacation"
        r"|quitting time",
        no=True,
    ),
    entry(
        _C,
        r"never again(?=\s*(?:$|[.!,;@#\n]|with @|with you))|(?:not|won't(?: be)?"
        r"|will not(?: be)?|never) renew(?:ing)?|(?:i|we)(?:'m| am|'re| are|'ll"
        r"| will)?(?: not| never| won't)+(?: be| ever)* (?:com(?:e|ing) back"
        r"|returning)|(?:i'm|i am|we're|i'll|we'll|let's|lets|time to|should|gonna"
        r"|going to|everyone) boycott(?:ing)?|boycott(?:ing)? @|#boycott\w*|port(?:ing"
        r"|ed)? (?:out|away|my number)|unsubscrib(?:e|ed|ing)|uninstall(?:ed"
        r"|ing) (?:your|this)|delet(?:e|ed|ing) (?:the|your|this) app",
        r"install|download|re-?install\w*|re-?download\w*|still|tried|try|doesn't"
        r"|didn't|won't let|e-?mails?|updates?|newsletter|can't unsubscribe",
    ),
)

FRAUD: tuple[Entry, ...] = (
    entry(
        _F,
        r"(?:(?:the )?callers?|they|he|she|one of them|scammers?|somebody"
        r"|someone) knew my (?:\w+ )?(?:name|date of birth|dob|birthday|account|card"
        r"|balance|address|transactions?|details)|data (?:breach|leak)|leaked (?:my"
        r"|our|customers?'?) (?:\w+ )?(?:data|details|information|number)"
        r"|(?:\w+ )?accounts? (?:was |were |has been |have been |is |got )?(?:drained"
        r"|emptied|cleaned out)",
        no=True,
    ),
    entry(
        _F,
        r"scam(?:med|mers?|ming|s)?|fraud(?:s|sters?|ulent|ulently)?",
        r"feel(?:ing)? like (?:a|an|such a) fraud|scam(?:per|pi)|fraud (?:department"
        r"|team|dept) (?:was|is|were) (?:great|amazing|so helpful)",
        no=True,
    ),
    entry(
        _F,
        r"unauthori[sz]ed (?:\w+ ){0,2}(?:transactions?|charges?|payments?"
        r"|withdrawals?|purchases?|transfers?|access|debits?|log-?ins?|use)"
        r"|(?:transactions?|charges?|payments?|purchases?|withdrawals?|transfers?"
        r"|debits?|orders?) (?:that |which )?(?:i|we) (?:didn't|did not|never|haven't"
        r"|have not|don't|do not) (?:make|made|authori[sz]ed?|recogni[sz]ed?|do|did"
        r"|approved?|place|placed)|(?:don't|didn't|do not"
        r"|did not) recogni[sz]e (?:\w+ ){0,3}(?:transactions?|charges?|payments?"
        r"|debits?|purchases?|withdrawals?|log-?in)",
    ),
    entry(
        _F,
        r"identity (?:theft|fraud|thief|thieves|was stolen|stolen|has been stolen)"
        r"|stole(?:n)? (?:my|our|her|his) (?:\w+ )?(?:identity|cards?|money|details"
        r"|data|account|savings|credit card|info|information)|steal(?:ing|s)? (?:my"
        r"|our|people's|customers?'?|from) (?:\w+ )?(?:money|identity|customers|people"
        r"|details|savings)",
        r"stole my (?:heart|joke|seat|look)",
        no=True,
    ),
    entry(
        _F,
        r"(?:my|our|his|her) (?:\w+ )?(?:account|card|identity|details|email|sim"
        r"|number|wallet|bank account|profile)s?(?:'s| is| was| has| have| got| had"
        r"| were)*(?: been| just| completely)* (?:hacked|stolen|cloned|compromised"
        r"|skimmed|hijacked|taken over|drained|emptied|cleaned out)|(?:got|been|was"
        r"|being) hacked|hack(?:ed|ing) (?:my|into my|our)|hackers?(?: have| has| got"
        r"| took)",
        r"life ?hack|hackathon|growth hack|stolen base|luggage|bag\b",
        no=True,
    ),
    entry(
        _F,
        r"(?:someone|somebody|some (?:guy|person|stranger|random)|a stranger|thie(?:f"
        r"|ves)|crooks?)(?: has| have| else| just| is| was| had| been)* (?:us(?:ed"
        r"|ing)|access(?:ed|ing)|charg(?:ed|ing)|empti(?:ed)|drain(?:ed|ing)|log(?:ged"
        r"|ging) (?:in|into|on)|opened|t(?:ook|aken)|spen(?:t|ding)|made|withdr(?:ew"
        r"|awn)|bought) (?:\w+ ){0,5}?(?:my|our) (?:\w+ ){0,2}?(?:card|accounts?|name"
        r"|identity|details|savings|money)",
        r"someone used my name (?:in|as a joke)",
    ),
    entry(
        _F,
        r"phish(?:ing|ed|y)|smishing|vishing|sim[- ]swap\w*|impersonat(?:e[ds]?|ing"
        r"|ion)|pretending to be (?:you|your|from|@|the|my bank|a |customer)|(?:fake"
        r"|bogus|spoof(?:ed)?|imposter|impostor) (?:\w+ ){0,3}?(?:account|profile|page"
        r"|website|site|texts?|sms|emails?|calls?|support|agent|staff|app|invoice"
        r"|link)s?",
        r"fake (?:smile|news|nails|tan|eyelash\w*|plants?)|celebrity impersonat\w+",
        no=True,
    ),
    entry(
        _F,
        r"(?:my|our) (?:\w+ )?money(?: has| have| is| was| just|'s)*(?: been)? (?:gone"
        r"|missing|disappeared|vanished|stolen|taken) (?:from|out of) (?:my|our|the)"
        r"|money (?:gone|missing|disappeared|vanished|stolen|taken) (?:from"
        r"|out of) (?:my|our)",
    ),
)
