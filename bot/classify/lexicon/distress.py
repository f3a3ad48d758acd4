"""Words of people in need: hardship, and what makes them vulnerable."""

from __future__ import annotations

from bot.classify.lexicon.entry import Entry, entry
from bot.domain.tags import Sign, SignalKind

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
        r"overdrawn|\$[0-9.,]+ (?:that )?i (?:do not|don't) have(?=\s?[.!,?]|$)"
        r"|\$[0-9.,]+ left (?:until|till|in|to|for)|there(?:'s"
        r"| is) (?:only )?\$[0-9.,]+ (?:left|in (?:the|my))|(?:my )?(?:rent|daycare"
        r"|mortgage|child ?care)(?: payment)? (?:has |is |is now "
        r"|has just )?(?:bounced|due (?:today|tonight|tomorrow|now|this week)"
        r"|comes out (?:today|tonight|tomorrow))|daycare due|dishonou?r fees?|(?:can't"
        r"|cannot|couldn't) (?:even )?buy (?:\w+ )?(?:food|lunch|groceries|milk"
        r"|nappies|diapers|medicine|bread|petrol|dinner)",
        r"gift card|voucher|points",
        no=True,
    ),
    entry(
        _H,
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
        r"(?:can't|cannot|can not|couldn't) (?:even |possibly )?afford(?: to (?:eat"
        r"|live|feed \w+(?: \w+)?|heat \w+(?: \w+)?|survive|stay|(?:fly|go"
        r"|get)(?: back)? home))",
    ),
    entry(
        _H,
        r"(?:lost|losing|lose) (?:my|our|his|her|both our) jobs?|(?:been|was|were|got"
        r"|being|i'm) (?:laid off|made redundant|retrenched|furloughed)|(?:i'm|i am"
        r"|i've been|we're|been|currently|partner is|husband is"
        r"|wife is) (?:out of work|unemployed|jobless)",
        r"job lot|steve|work hours",
        no=True,
    ),
    entry(
        _H,
        r"(?:i'm|i am|i've been|we're|been|currently|(?:partner|husband"
        r"|wife) is) (?:still |currently |now )?(?:out of work|unemployed|jobless)",
        no=True,
    ),
    entry(
        _H,
        r"evict(?:ed|ion|ing me|ing us|ion notice)|(?:facing|into|avoid"
        r"|threatened with) foreclosure|foreclos(?:ed|ing) on (?:my|our|us)"
        r"|repossess(?:ed|ing|ion)?|(?:i'm|i am|we're|we are|be|become|becoming|me|us"
        r"|made|now|end up|going|went) homeless|bailiffs?",
        r"like (?:i'm|i am|we're|we are|a) homeless|homeless (?:for (?:the|a) night"
        r"|tonight|until (?:tomorrow|morning)|or do)",
        no=True,
    ),
    entry(
        _H,
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
        r"(?:financial|severe|genuine|economic) hardship|hardship (?:application|team"
        r"|request|arrangement|assistance|notice|variation|programme|program|plan"
        r"|claim)|(?:in|experiencing|suffering|facing|under) (?:\w+ )?hardship",
        no=True,
    ),
    entry(
        _H,
        r"(?:behind (?:on|with|in)|in arrears|arrears (?:on|with)|default(?:ed"
        r"|ing)? on)"
        rf"(?: my| our| the)*(?: \w+)? (?:{_MONEY_OWED}|payments?)|(?:rent|mortgage"
        r"|loan) arrears",
        no=True,
    ),
    entry(
        _H,
        r"(?:drowning|drown|sinking|buried|deep) in(?:to)? debts?|debt (?:collectors?"
        r"|spiral|trap)|payday loans?|can't get out of debt",
        r"i work|debt collectors? (?:job|salary)",
    ),
    entry(
        _H,
        r"(?:struggling|can't|cannot|trying|barely|hard) (?:to )?mak(?:e"
        r"|ing) ends meet|food ?banks?|food stamps|skip(?:ping)? meals|(?:kids?"
        r"|children|family) (?:are |is |will )?(?:go(?:ing)? )?(?:hungry|starving)",
        r"donat\w+|volunteer\w*|charity|supporting|raised|meow|netflix",
    ),
    entry(
        _H,
        r"(?:no|any|without) money(?: left)? (?:for|to) (?:\w+ ){0,3}(?:food|eat|rent"
        r"|bills|feed|medicine|groceries|live)|left (?:me|us) (?:penniless"
        r"|with nothing to live|with no money)|penniless"
        r"|choos\w+ between (?:\w+ ){0,3}(?:food|eating|heating|rent|medicine)",
    ),
    entry(
        _H,
        r"(?:on|living on|live on|rely on|relying on|my only|just get) (?:a "
        r"|the )?(?:\w+ )?(?:centrelink|jobseeker|universal credit|benefits"
        r"|disability pension|age pension|disability support)",
        r"benefits of|staff benefits|member benefits|benefits package",
    ),
)

VULNERABILITY: tuple[Entry, ...] = (
    entry(
        _V,
        r"(?:in|from) (?:a|such a) (?:\w+ )?dark place|suicide (?:team|line"
        r"|hotline|worker)|(?:call(?:ed|ing)?|rang|ring(?:ing)?) lifeline"
        r"|no fight left(?: in me)?|psych (?:ward|unit)",
        sign=Sign.SELF_HARM,
    ),
    entry(
        _V,
        r"crisis (?:team|line|hotline|worker)|lifeline|(?:can't|cannot) cope"
        r"|(?:at|past|reached) (?:my |the )?breaking point|(?:can't|cannot) take (?:it"
        r"|this) any ?more|psych (?:appointments?|team)",
        r"lifeline (?:bookshop|shop|for|to)|crisis team (?:comms|pr)|who wants to be",
    ),
    entry(
        _V,
        r"(?:he|she|my (?:ex|husband|partner|wife|boyfriend|girlfriend))(?: must"
        r"| can)? ?(?:doesn't|does not|mustn't|must not|can't|cannot|not"
        r"|won't) (?:find out|know where i)|(?:scared|afraid|frightened"
        r"|terrified) of (?:him|her\b|my (?:ex\b|husband|wife|partner|boyfriend"
        r"|girlfriend|father|son))|family law (?:order|matter)|(?:my |^"
        r"|[.!?] )?ex(?:-\w+)? (?:still |can |could |now )*(?:has|have|had|knows|keeps"
        r"|sees?|track(?:s|ing)|access(?:es|ed)?) (?:\w+ ){0,3}?(?:access|my (?:pin"
        r"|address|password|account|banking|phone|location|money|number))",
        sign=Sign.FAMILY_VIOLENCE,
    ),
    entry(
        _V,
        rf"{_KIN}(?:'s| is) (?:\w+ )?dying|(?:after|since|when) (?:she|he"
        rf"|{_KIN}) (?:died|passed)|(?:{_KIN}'s|his|her) ashes",
        r"dying (?:to|for|of laughter|laughing)|volcan",
        sign=Sign.BEREAVEMENT,
    ),
    entry(
        _V,
        r"cpap(?: machine)?|insulin|medical (?:alarm|alert|emergency|condition|device"
        r"|issue|reasons?|equipment)|pacemaker|(?:fall|alarm|emergency"
        r"|medical) pendant|hearing aids?|life[- ]saving|(?:my|his|her|their|need"
        r"|without|buy) (?:\w+ )?medic(?:ation|ine)s?",
        r"medical (?:school|practice|student)|taste of (?:my|your) own medicine",
    ),
    entry(
        _V,
        r"elderly|(?:old age |age )?pensioners?|(?:on|only) (?:a|the"
        r"|my) (?:\w+ )?pension|(?:i |she |he |who |and )?liv(?:e|es|ing) alone|(?:old"
        r"|frail) (?:lady|gentleman)|(?:i'm|i am|is|she's|he's|aged?) (?:7[0-9]|8[0-9]"
        r"|9[0-9])(?= years| and\b|[.,!?]|$)|(?:7[0-9]|8[0-9]|9[0-9])[- ](?:years?"
        r"|yrs?)[- ]old",
        r"%|percent|minutes|degrees|whisk(?:e)?y|wine|band|album",
    ),
    entry(
        _V,
        r"(?:kill|killing|hang|hanging|harm|harming|cut|cutting) myself|(?:end|ending"
        r"|take|taking|took) (?:my|his|her) (?:own )?life|(?:want to|wanna|going to"
        r"|gonna|might|thinking of|feel like|thoughts of) (?:hurt|hurting) myself",
        r"laughing|laugh|lol|😂|🤣|cut(?:ting)? myself (?:a|some|off|on|shaving)"
        r"|working|at the gym|leg day|take my life in(?:to)? my|not kill myself"
        r"|myself (?:over|for) (?:a|this|that) (?:donut|pizza|burger)",
        no=True,
        sign=Sign.SELF_HARM,
    ),
    entry(
        _V,
        r"(?:i|just|really|actually|honestly|literally)(?: just| really)* (?:want to"
        r"|wanna) (?:die|be dead)|(?:don't|do not|no longer|didn't) (?:want to"
        r"|wanna) (?:live(?: any ?more| like this)?|be (?:here|alive) any ?more"
        r"|wake up(?= (?:tomorrow|any|again)|\s?[.!,]|$))|end it all|(?:no"
        r"|any) reason to live|nothing (?:left )?to live for|better off (?:dead"
        r"|without me)|(?:can't|cannot) go on (?:like this|living|any ?more)"
        r"|tired of (?:living|being alive)",
        r"laugh\w*|lol|😂|🤣|embarrass\w*|of cute|cuteness|boredom|don't wanna die"
        r"|with you|in (?:this|that|a) (?:city|country|house|town|flat|place)"
        r"|die happy",
        sign=Sign.SELF_HARM,
    ),
    entry(
        _V,
        r"suicid(?:e|al)|self[- ]?harm(?:ing|ed)?",
        r"suicide (?:squad|squeeze|doors?|girls?|bomb\w*|mission|burn)|(?:political"
        r"|career|commercial|corporate|brand|financial|professional|social) suicide"
        r"|suicide prevention (?:walk|day|month)",
        no=True,
        sign=Sign.SELF_HARM,
    ),
    entry(
        _V,
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
        sign=Sign.FAMILY_VIOLENCE,
    ),
    entry(
        _V,
        r"(?:my )?(?:ex|partner|husband|wife|boyfriend|girlfriend|father"
        r"|dad)(?:-\w+)?(?: has| keeps| just| used to)?(?: \w+)? (?:hits?|hitting"
        r"|beats?|beating|hurts?|threaten(?:s|ed|ing)?|chok(?:es|ed)|tr(?:ies"
        r"|ied) to kill|will kill) me\b",
        r"beats? me (?:at|to|in)|hits? me up|scrabble|chess|fifa",
        sign=Sign.FAMILY_VIOLENCE,
    ),
    entry(
        _V,
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
        sign=Sign.SERIOUS_ILLNESS,
    ),
    entry(
        _V,
        r"terminal(?:ly)? ill(?:ness)?|palliative(?: care)?|hospice|(?:on"
        r"|off) life support|(?:on|needs?|having|for) (?:\w+ )?dialysis|(?:in|into"
        r"|from) (?:the )?(?:icu|intensive care)|on a ventilator|(?:medical|home"
        r"|needs?|on) oxygen|(?:heart|kidney|liver|lung|organ) transplant",
        r"donat\w+|fundrais\w+|charity|volunteer\w*",
        sign=Sign.SERIOUS_ILLNESS,
    ),
    entry(
        _V,
        r"(?:had|having|suffered|after|recovering from|survived|from) (?:a |his |her "
        r"|my )?(?:\w+ )?(?:heart attack|stroke|seizures?|heart failure|brain injury)"
        r"|dementia|alzheimer'?s|parkinson'?s|(?:critically|seriously|gravely"
        r"|very) ill|(?:post|after|recovering from|emergency) (?:\w+ )?surgery"
        r"|psychosis",
        r"stroke of|(?:almost|nearly|about|like|gave me|giving me) (?:\w+ )?(?:to"
        r" )?(?:had|have|having)? ?a (?:\w+ )?(?:heart attack|stroke)"
        r"|heart attack (?:grill|burger)",
        sign=Sign.SERIOUS_ILLNESS,
    ),
    entry(
        _V,
        r"(?:is|i'm|am|son|daughter|child) (?:\w+ )?(?:autistic|epileptic)",
    ),
    entry(
        _V,
        rf"(?:i'm|i am|i was|we're|{_KIN}(?:'s| is| was)?|still|stuck|lying|currently"
        r"|been) in (?:the |a )?hospital(?! (?:food|bed sale))",
        r"i work|work in|working in|shift|nurse here",
        no=True,
        sign=Sign.SERIOUS_ILLNESS,
    ),
    entry(
        _V,
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
        rf"(?:my|our|his|her) (?:\w+ )?{_KIN}(?: has| just| recently| suddenly| sadly"
        r"| tragically| had)* (?:died|passed away|passed(?: on)?|was killed)"
        r"|passed away|(?:our|the|a|his|her"
        rf"|their|\w+'s) funeral|bereave(?:d|ment)|deceased|my late {_KIN}"
        rf"|death of (?:my|our|a|his|her)|death certificate"
        r"|i'm a widow(?:er)?|(?:grant of )?probate|stillb(?:orn|irth)|miscarriage",
        r"(?:phone|battery|laptop|ipad|tablet|car|console|plant)[^.!?]{0,15} (?:died"
        r"|passed)|funeral for (?:my|a) (?:phone|friend band)|miscarriage of justice",
        sign=Sign.BEREAVEMENT,
    ),
    entry(
        _V,
        r"mental health (?:crisis|breakdown|issues|condition|emergency|team|ward"
        r"|problems)|(?:nervous|mental) breakdown|(?:having|had|have|having a|causing"
        r"|severe) (?:a |an |constant |daily )?(?:panic|anxiety) attacks?|(?:severe"
        r"|clinical|major|deep|suffer from|suffering from|battling|my) (?:depression"
        r"|anxiety|ptsd)",
        r"(?:almost|nearly|about|like) (?:gave|to|had)",
        sign=Sign.SERIOUS_ILLNESS,
    ),
    entry(
        _V,
        r"overdos(?:e|ed|ing)",
        r"(?:almost|nearly|about|like) (?:gave|to|had)",
        sign=Sign.SELF_HARM,
    ),
    entry(
        _V,
        r"gambling (?:addict(?:ion)?|problem)"
        r"|(?:i'm|i am|recovering) (?:an |a )?(?:\w+ )?addict\b",
        r"addicted to (?:your|this|these)"
        r"|(?:chocolate|coffee|sugar|shopping|phone|shoe) addict",
    ),
)
