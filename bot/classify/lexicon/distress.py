"""Words of people in need: hardship, and what makes them vulnerable."""

from __future__ import annotations

from bot.classify.lexicon.entry import Entry, entry
from bot.domain.tags import SignalKind

_H = SignalKind.HARDSHIP
_V = SignalKind.VULNERABILITY

_KIN = (
    r"(?:mum|mom|mother|dad|father|parents?|wife|husband|partner|son|daughter|child"
    r"|kid|baby|brother|sister|nan|nana|gran|grandma|grandmother|grandpa|grandad"
    r"|grandfather|uncle|aunt|friend|fianc[eé]e?|family)"
)
_MONEY_OWED = (
    r"(?:rent|mortgage|bills?|repayments?|loan|groceries|medicine|medications?|insulin"
    r"|meds|electricity|power bill|gas bill|heating|instal?lments?|minimum payment"
    r"|debts?|school fees|medical bills?|insurance premiums?|food|credit card"
    r"|child ?care|nappies|diapers|baby formula)"
)

HARDSHIP: tuple[Entry, ...] = (
    entry(
        _H,
        "afford|pay|make|meet|cover|keep up",
        r"(?:can't|cannot|can not|couldn't|unable to|not able to|struggl(?:e|ing) to"
        r"|no longer) (?:even |possibly )?(?:afford|pay|make|meet|cover"
        r"|keep up with)(?: for)?(?: to (?:pay|buy))?(?: my| our| the| this| these"
        r"| any| next| for)*"
        rf"(?: \w+)? {_MONEY_OWED}|(?:can't|cannot|can not|couldn't|unable to"
        r"|not able to|struggl(?:e|ing) to|no longer) (?:make|meet|afford|cover) (?:my"
        r"|our|the|these|this month's) (?:\w+ )?payments?",
        r"payments? (?:page|screen|method|online|through|via|on the app|with)|error"
        r"|(?:bills?|rent) (?:online|on the app|through|via)|website|\bapp\b",
    ),
    entry(
        _H,
        "afford",
        r"(?:can't|cannot|can not|couldn't) (?:even |possibly )?afford(?: to (?:eat"
        r"|live|feed \w+(?: \w+)?|heat \w+(?: \w+)?|survive|stay|(?:fly|go"
        r"|get)(?: back)? home))",
    ),
    entry(
        _H,
        "job|work|redundan|laid off|fired",
        r"(?:lost|losing|lose) (?:my|our|his|her|both our) jobs?|(?:been|was|were|got"
        r"|being|i'm) (?:laid off|made redundant|retrenched|furloughed)|(?:i'm|i am"
        r"|i've been|we're|been|currently|partner is|husband is"
        r"|wife is) (?:out of work|unemployed|jobless)",
        r"job lot|steve|work hours",
        no=True,
    ),
    entry(
        _H,
        "unemployed|jobless|out of work",
        r"(?:i'm|i am|i've been|we're|been|currently|(?:partner|husband"
        r"|wife) is) (?:still |currently |now )?(?:out of work|unemployed|jobless)",
        no=True,
    ),
    entry(
        _H,
        "evict|foreclos|repossess|homeless|bailiff",
        r"evict(?:ed|ion|ing me|ing us|ion notice)|(?:facing|into|avoid"
        r"|threatened with) foreclosure|foreclos(?:ed|ing) on (?:my|our|us)"
        r"|repossess(?:ed|ing|ion)?|(?:i'm|i am|we're|we are|be|become|becoming|me|us"
        r"|made|now|end up|going|went) homeless|bailiffs?",
        r"like (?:i'm|i am|we're|we are|a) homeless",
        no=True,
    ),
    entry(
        _H,
        "bankrupt|insolven",
        r"(?:i'm|i am|we're|we are|i'll|we'll|i|we|me|us|my \w+)(?: \w+){0,3}? (?:go"
        r"|going|gone|went|declar(?:e|ing)|fil(?:e|ing|ed)|facing"
        r"|into)(?: for)? (?:bankrupt(?:cy)?|insolven\w+)|(?:i'm|i am|we're"
        r"|we are) (?:\w+ )?bankrupt|bankrupted (?:me|us)|personal (?:bankruptcy"
        r"|insolvency)|filing for bankruptcy",
        r"company|airline|retailer|they|brand|firm|shares?",
        no=True,
    ),
    entry(
        _H,
        "hardship",
        r"(?:financial|severe|genuine|economic) hardship|hardship (?:application|team"
        r"|request|arrangement|assistance|notice|variation|programme|program|plan"
        r"|claim)|(?:in|experiencing|suffering|facing|under) (?:\w+ )?hardship",
        no=True,
    ),
    entry(
        _H,
        "behind|arrears|overdue|default",
        r"(?:behind (?:on|with|in)|in arrears|arrears (?:on|with)|default(?:ed"
        r"|ing)? on)"
        rf"(?: my| our| the)*(?: \w+)? (?:{_MONEY_OWED}|payments?)|(?:rent|mortgage"
        r"|loan) arrears",
        no=True,
    ),
    entry(
        _H,
        "debt",
        r"(?:drowning|drown|sinking|buried|deep) in(?:to)? debts?|debt (?:collectors?"
        r"|spiral|trap)|payday loans?|can't get out of debt",
        r"i work|debt collectors? (?:job|salary)",
    ),
    entry(
        _H,
        "ends meet|food bank|food stamps|foodbank|skipping meals|hungry|starv",
        r"(?:struggling|can't|cannot|trying|barely|hard) (?:to )?mak(?:e"
        r"|ing) ends meet|food ?banks?|food stamps|skip(?:ping)? meals|(?:kids?"
        r"|children|family) (?:are |is |will )?(?:go(?:ing)? )?(?:hungry|starving)",
        r"donat\w+|volunteer\w*|charity|supporting|raised|meow|netflix",
    ),
    entry(
        _H,
        "no money|money left|broke|penni|eat or|between",
        r"(?:no|any|without) money(?: left)? (?:for|to) (?:\w+ ){0,3}(?:food|eat|rent"
        r"|bills|feed|medicine|groceries|live)|left (?:me|us) (?:penniless"
        r"|with nothing to live|with no money)|penniless"
        r"|choos\w+ between (?:\w+ ){0,3}(?:food|eating|heating|rent|medicine)",
    ),
    entry(
        _H,
        "centrelink|jobseeker|universal credit|benefits|disability pension|age pension",
        r"(?:on|living on|live on|rely on|relying on|my only|just get) (?:a "
        r"|the )?(?:\w+ )?(?:centrelink|jobseeker|universal credit|benefits"
        r"|disability pension|age pension|disability support)",
        r"benefits of|staff benefits|member benefits|benefits package",
    ),
)

VULNERABILITY: tuple[Entry, ...] = (
    entry(
        _V,
        "myself|my life|my own life",
        r"(?:kill|killing|hang|hanging|harm|harming|cut|cutting) myself|(?:end|ending"
        r"|take|taking|took) (?:my|his|her) (?:own )?life|(?:want to|wanna|going to"
        r"|gonna|might|thinking of|feel like|thoughts of) (?:hurt|hurting) myself",
        r"laughing|laugh|lol|😂|🤣|cut(?:ting)? myself (?:a|some|off|on|shaving)"
        r"|working"
        r"|at the gym|leg day|take my life in(?:to)? my|not kill myself|myself (?:over"
        r"|for) (?:a|this|that) (?:donut|pizza|burger)",
        no=True,
    ),
    entry(
        _V,
        "die|live anymore|live any more|to live|be alive|be here|end it all|dead|go on",
        r"(?:i|just|really|actually|honestly|literally)(?: just| really)* (?:want to"
        r"|wanna) (?:die|be dead)|(?:don't|do not|no longer|didn't) (?:want to"
        r"|wanna) (?:live(?: any ?more| like this)?|be (?:here|alive) any ?more"
        r"|wake up)|end it all|(?:no|any) reason to live|nothing (?:left )?to live for"
        r"|better off (?:dead|without me)|(?:can't|cannot) go on (?:like this|living"
        r"|any ?more)|tired of (?:living|being alive)",
        r"laugh\w*|lol|😂|🤣|embarrass\w*|of cute|cuteness|boredom|don't wanna die"
        r"|with you|in (?:this|that|a) (?:city|country|house|town|flat|place)"
        r"|die happy",
    ),
    entry(
        _V,
        "suicid|self-harm|self harm|selfharm",
        r"suicid(?:e|al)|self[- ]?harm(?:ing|ed)?",
        r"suicide (?:squad|squeeze|doors?|girls?|bomb\w*|mission|burn)|(?:political"
        r"|career|commercial|corporate|brand|financial|professional|social) suicide"
        r"|suicide prevention (?:walk|day|month)",
        no=True,
    ),
    entry(
        _V,
        "domestic|family violence|abusive|abuser|restraining|intervention order"
        "|protective order|protection order|refuge|shelter|stalk|apprehended",
        r"(?:domestic|family) (?:violence|abuse)|(?:abusive|violent"
        r"|controlling) (?:ex\w*|partner|husband|wife|boyfriend|girlfriend"
        r"|relationship|marriage|father|mother|home|situation)|my abuser"
        r"|(?:restraining|intervention|protecti(?:ve|on)|apprehended violence) order"
        r"|women's (?:refuge|shelter)|(?:fle(?:d|eing)|escap(?:ed|ing)"
        r"|hid(?:ing)?) (?:from )?(?:\w+ ){0,3}(?:abus\w+|violen\w+)"
        r"|financial(?:ly)? abus\w+|coercive control|(?:ex|partner|husband|wife|he|she"
        r"|him)(?: is| was| has been)? stalking me",
        r"controlling (?:home|partner app)|pet|animal shelter",
        no=True,
    ),
    entry(
        _V,
        "hits me|hit me|beats me|beat me|hurts me|threatens me|threatened me|kill me"
        "|violent",
        r"(?:my )?(?:ex|partner|husband|wife|boyfriend|girlfriend|father"
        r"|dad)(?:-\w+)?(?: has| keeps| just| used to)?(?: \w+)? (?:hits?|hitting"
        r"|beats?|beating|hurts?|threaten(?:s|ed|ing)?|chok(?:es|ed)|tr(?:ies"
        r"|ied) to kill|will kill) me\b",
        r"beats? me (?:at|to|in)|hits? me up|scrabble|chess|fifa",
    ),
    entry(
        _V,
        "cancer|chemo|tumour|tumor|leukaemia|leukemia|lymphoma",
        rf"(?:i|{_KIN}|he|she|we|who|patient|patients)(?:'s|'ve| have| has| had| am"
        r"| is|'m)?(?: just| also| got| been| diagnosed| battling| fighting| dying"
        r"| in treatment| undergoing| treated| having| suffering| a| rare| form| with"
        r"| of| from| for| to| stage \w+| terminal| breast| lung| bowel| brain| blood"
        r"| skin| prostate| ovarian| aggressive| advanced| late)* (?:cancer"
        r"|chemo(?:therapy)?|(?:brain )?tumou?r|leuka?emia|lymphoma)|(?:stage (?:[0-9]"
        r"|i+v?|four|three|two)|terminal|breast|bowel|lung|brain|prostate|ovarian|my"
        r"|his|her) cancer|chemo(?:therapy)?|(?:battl|suffer|fight)(?:ing|s"
        r"|ed) (?:\w+ ){0,4}?cancer|cancer (?:treatment|patient|diagnosis|surgery"
        r"|survivor|ward)",
        r"cancer (?:season|rising|moon|sun|sign|zodiac)|a cancer (?:on|in|to|and)|♋"
        r"|scorpio|leo|pisces|research|charity|walk|run|awareness",
        no=True,
    ),
    entry(
        _V,
        "terminal|palliative|hospice|life support|dialysis|icu|intensive care"
        "|ventilator|oxygen|transplant",
        r"terminal(?:ly)? ill(?:ness)?|palliative(?: care)?|hospice|(?:on"
        r"|off) life support|(?:on|needs?|having|for) (?:\w+ )?dialysis|(?:in|into"
        r"|from) (?:the )?(?:icu|intensive care)|on a ventilator|(?:medical|home"
        r"|needs?|on) oxygen|(?:heart|kidney|liver|lung|organ) transplant",
        r"donat\w+|fundrais\w+|charity|volunteer\w*",
    ),
    entry(
        _V,
        "heart attack|stroke|seizure|dementia|alzheimer|parkinson|epilep|surgery"
        "|critically ill|seriously ill|heart failure|brain injury|autis|psychosis",
        r"(?:had|having|suffered|after|recovering from|survived|from) (?:a |his |her "
        r"|my )?(?:\w+ )?(?:heart attack|stroke|seizures?|heart failure|brain injury)"
        r"|dementia|alzheimer'?s|parkinson'?s|(?:critically|seriously|gravely"
        r"|very) ill|(?:post|after|recovering from|emergency) (?:\w+ )?surgery"
        r"|psychosis|(?:is|i'm|am|son|daughter|child) (?:\w+ )?(?:autistic|epileptic)",
        r"stroke of|(?:almost|nearly|about|like|gave me|giving me) (?:\w+ )?(?:to"
        r" )?(?:had|have|having)? ?a (?:\w+ )?(?:heart attack|stroke)"
        r"|heart attack (?:grill|burger)",
    ),
    entry(
        _V,
        "hospital|ambulance",
        rf"(?:i'm|i am|i was|we're|{_KIN}(?:'s| is| was)?|still|stuck|lying|currently"
        r"|been) in (?:the |a )?hospital(?! (?:food|bed sale))",
        r"i work|work in|working in|shift|nurse here",
        no=True,
    ),
    entry(
        _V,
        "disab|wheelchair|blind|deaf",
        rf"(?:i'm|i am|{_KIN}(?:'s| is)|who is|who's|am|as) (?:a "
        r"|an )?(?:\w+ )?(?:disabled|wheelchair user|legally blind|blind|deaf"
        r"|paraly[sz]ed)|disabled (?:person"
        rf"|passenger|customer|veteran|{_KIN})|(?:my|his|her|a|in a|broken|lost|for"
        r"|their)"
        rf" (?:{_KIN}'?s )?wheelchair|broke (?:the|a) wheelchair"
        r"|wheelchair (?:assistance|user|was|broken|damaged|access)|my disability"
        r"|with (?:a |my )?disabilit(?:y|ies)",
        r"blind to|love is blind|deaf ears|feature|account (?:is|was"
        r"|has been) disabled|blind date|(?:perhaps|maybe|must be|am i"
        r"|guess) (?:i'm )?blind",
    ),
    entry(
        _V,
        "died|passed away|funeral|bereave|deceased|my late |death of|death certificate"
        "|widow|probate|stillb|miscarr",
        rf"(?:my|our|his|her) (?:\w+ )?{_KIN}(?: has| just| recently| suddenly| sadly"
        r"| tragically| had)* (?:died|passed away|passed(?: on)?|was killed)"
        r"|passed away|(?:our|the|a|his|her"
        rf"|their|\w+'s) funeral|bereave(?:d|ment)|deceased|my late {_KIN}"
        rf"|death of (?:my|our|a|his|her)|death certificate"
        r"|i'm a widow(?:er)?|(?:grant of )?probate|stillb(?:orn|irth)|miscarriage",
        r"(?:phone|battery|laptop|ipad|tablet|car|console|plant)[^.!?]{0,15} (?:died"
        r"|passed)|funeral for (?:my|a) (?:phone|friend band)|miscarriage of justice",
    ),
    entry(
        _V,
        "mental|breakdown|panic attack|depress|anxiety|ptsd|overdose|addict|gambling",
        r"mental health (?:crisis|breakdown|issues|condition|emergency|team|ward"
        r"|problems)|(?:nervous|mental) breakdown|(?:having|had|have|having a|causing"
        r"|severe) (?:a |an |constant |daily )?(?:panic|anxiety) attacks?|(?:severe"
        r"|clinical|major|deep|suffer from|suffering from|battling|my) (?:depression"
        r"|anxiety|ptsd)|overdos(?:e|ed|ing)|gambling (?:addict(?:ion)?|problem)"
        r"|(?:i'm|i am|recovering) (?:an |a )?(?:\w+ )?addict\b",
        r"(?:almost|nearly|about|like) (?:gave|to|had)|addicted to (?:your|this|these)"
        r"|(?:chocolate|coffee|sugar|shopping|phone|shoe) addict",
    ),
)
