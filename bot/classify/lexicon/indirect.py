"""Words that say it without naming it, and what was handed to the wrong person.

The other files hold the plain names of things. People in need seldom use them: they do
not see the point of being here, have not eaten since Tuesday, ask for the press team.
"""

from __future__ import annotations

from bot.classify.lexicon.entry import Entry, entry
from bot.domain.tags import Sign, SignalKind

_PILLS = (
    r"(?:tablets?|pills?|meds|insulin|inhalers?|medicines?|medications?|prescriptions?"
    r"|epi-?pens?)"
)
_LOVED = (
    r"(?:mum|mom|mother|dad|father|wife|husband|partner|sons?|daughters?|child(?:ren)?"
    r"|kids?|baby|brother|sister|nan|grandma|grandad|family|mate|friend)"
)
_PAPERS = (
    r"(?:cards?|statements?|bills?|details|passports?|letters?|mail|invoices?"
    r"|information|data|documents?|licen[cs]es?|(?:medical )?records?|payslips?"
    r"|boarding pass(?:es)?|account(?: details| number)?)"
)
_ONLY_THEIRS = (
    r"(?:(?:online |internet )?banking (?:id|details|password|login)|passwords?"
    r"|pin(?: number| code)?|otp|one[- ]time (?:codes?|passwords?)|seed phrase"
    r"|card (?:number|details)|cvv|log-?in(?: details)?|security codes?)"
)
_PAPER = (
    r"(?:abc|sbs|bbc|cnn|reuters|bloomberg|afr|nine news|seven news|channel \w+"
    r"|the (?:\w+ )?(?:guardian|herald|chronicle|times|age|telegraph|gazette"
    r"|tribune|ledger|observer|courier|advertiser|examiner|mercury|newspaper"
    r"|post(?= and|[.,;!]| here|$)))"
)

DESPAIR: tuple[Entry, ...] = (
    entry(
        SignalKind.VULNERABILITY,
        r"(?:don't|do not|can't|cannot|no longer|never) see (?:the|any|a|much) point"
        r" (?:of|in|to) (?:being (?:here|alive)|living|life|going on|carrying on"
        r"|anything(?: any ?more)?|it all)|(?:no|what's the|what is the) point"
        r" (?:in |of )?(?:living|being (?:here|alive)|going on|carrying on)",
        sign=Sign.SELF_HARM,
    ),
    entry(
        SignalKind.VULNERABILITY,
        r"(?:want|wanna|like|feel like|going) (?:to )?(?:just )?(?:disappear(?:ing)?"
        r"|vanish(?:ing)?)(?: forever| for good| completely| and never|\s?[.!,]|$)"
        r"|(?:nobody|no one|noone) (?:would|will) (?:even )?(?:miss me|notice if i"
        r"|care if i)|(?:wish|wished) i (?:was|were) (?:dead|never born|not here)|hope"
        r" i (?:don't|never) wake up|better (?:off )?if i (?:was|were|wasn't|weren't)"
        r" (?:dead|gone|here|around|alive)|i won't be (?:here|around|alive)"
        r" (?:tomorrow|next week|much longer|for long)|last (?:message|post|tweet)"
        r" (?:i|you)(?:'ll| will) ever (?:write|see|hear|send|read)",
        r"before (?:your|the) eyes|bug|magic|package|parcel|delivery|on leave|holiday",
        sign=Sign.SELF_HARM,
    ),
    entry(
        SignalKind.VULNERABILITY,
        r"(?:jump(?:ing)?|throw(?:ing)? (?:myself|himself|herself)) (?:off|from|under"
        r"|in front of|out of) (?:a|the|my|that|this|your) (?:\w+ )?(?:bridge|roof"
        r"|rooftop|building|balcony|cliff|train|bus|truck|window|tower)",
        r"rather|sooner|bungee|if everyone|bandwagon|parachut\w+|jump(?:ed|ing)? from"
        r" (?:the|a) (?:train|bus) to|game|movie|film",
        sign=Sign.SELF_HARM,
    ),
    entry(
        SignalKind.VULNERABILITY,
        r"(?:stop(?:ped|ping)?|skip(?:ped|ping)?|ration(?:ed|ing)?|halv(?:e|ed|ing)"
        r"|go(?:ing)? without|r[au]n out of|running out of|can't (?:get|afford|buy"
        r"|collect)|couldn't (?:get|afford|buy|collect)|miss(?:ed|ing)?|without"
        r")(?: taking| of)? (?:my|his|her|their|our|mum's|dad's) (?:\w+ ){0,2}"
        rf"{_PILLS}",
        r"app|website|refill reminder",
    ),
    entry(
        SignalKind.VULNERABILITY,
        r"(?:not|isn't|never|don't feel|doesn't feel|no longer|un)[ -]?safe (?:at"
        r"|in (?:my|our|her|his)(?: own)?) (?:home|house)|(?:fear|feared|afraid"
        r"|scared|frightened|worried) (?:for (?:my|our|her|his|the kids'?)"
        r" (?:life|lives|safety)|to go home)|(?:my |^|[.!?] )(?:husband|wife|partner"
        r"|ex|boyfriend|girlfriend|father|dad|son|carer)(?: \w+)? (?:checks|reads"
        r"|monitors|controls|watches|goes through|takes|took|hides|has control of)"
        r" (?:all |everything |through )?(?:of )?(?:my|our) (?:\w+ )?(?:phone"
        r"|statements?|messages|texts|emails?|mail|post|money|accounts?|cards?|pay"
        r"|wages|pension|savings)",
        r"takes? (?:my|our) (?:phone )?calls?",
        sign=Sign.FAMILY_VIOLENCE,
    ),
    entry(
        SignalKind.VULNERABILITY,
        r"(?:don't|do not|didn't) (?:want to|wanna) be (?:here|around) tomorrow"
        r"(?=\s?[.!,]|$)|(?:no|lost (?:the|my|all)) will to live(?! (?:trying|waiting"
        r"|listening|dealing|on hold|reading|watching))|(?:might|may) as well"
        r" be dead(?! (?:tired|last|weight|to you\w*))|(?:writ\w+|wrote|left"
        r"|leaving) (?:my|a|the) (?:goodbye"
        r"|suicide|farewell) (?:note|letters?)|(?:won't|will not) have to (?:deal with"
        r"|worry about|put up with|hear from) me (?:any ?more|any longer|much longer"
        r"|again after)|(?:done|finished) with (?:life(?! (?:admin|insurance|cover"
        r"|hacks?))|living|being alive)|feel like"
        r" ending (?:things|it|everything)(?! with)|ready to end it (?:tonight|all"
        r"|now)|(?:gonna"
        r"|going to|want to|wanna|might) (?:kms|top myself|off myself)"
        r"|(?:wish|wished) i (?:didn't|hadn't|never) (?:wake|woken|woke) up",
        r"lol|lmao|laugh\w*|😂|🤣|contract|subscription|leaving your|switching|porting"
        r"|roommate"
        r"|co-?workers?|colleagues?|farewell (?:party|drinks)|queue|gate|(?:the|my"
        r"|this) office",
        sign=Sign.SELF_HARM,
    ),
    entry(SignalKind.VULNERABILITY, r"can't stop crying|cry(?:ing)? myself to sleep"),
    entry(
        SignalKind.VULNERABILITY,
        r"i(?:'m)?(?: just| really| simply)* (?:can't|cannot) go on|(?:think\w*"
        r"|thought) (?:about|of) ending (?:things|it|everything)|(?:want|going|ready"
        r"|about|gonna|wanna|plan\w*)(?: to)? end (?:things|everything|it (?:all|now"
        r"|tonight|here))|pills (?:are )?(?:in front of|in my hand|next to|beside)"
        r"|(?:took|taken|swallowed) (?:all|too many|a bottle of|a whole) (?:\w+ ){0,2}"
        r"(?:pills|tablets)|noose",
        r"contract|subscription|plan with|relationship|call\b|chat\b",
        sign=Sign.SELF_HARM,
    ),
    entry(
        SignalKind.VULNERABILITY,
        r"(?:he|she) (?:hits|beats|bashes|chokes|rapes|abuses|hurts) me\b|(?:scared"
        r"|afraid|terrified|frightened)(?: that)? (?:he|she)(?:'ll| will| might)"
        r" (?:find|kill|hurt|come after) (?:me|us)\b(?! (?:an?|another|in the"
        r" (?:final|match|game))\b)|(?:ex"
        r"|husband|wife|partner|boyfriend|girlfriend|he|she)(?: \w+){0,2} (?:put|hid"
        r"|installed) (?:a |an )?(?:tracker|spyware|airtag|camera)|don't (?:call"
        r"|ring|phone|text|write to|send (?:it|anything) to) (?:the|my|our)"
        r" (?:landline|home|house|old (?:address|number|house))",
        r"hurts? me (?:to|that|when)|beats me",
        sign=Sign.FAMILY_VIOLENCE,
    ),
    entry(
        SignalKind.VULNERABILITY,
        r"no (?:heating|heat"
        r"|power|electricity|hot water|gas|water)\b[^.!?\n]{0,30}(?:newborn|baby"
        r"|infant|toddlers?|children|kids)|screen readers?|(?:vision|visually|hearing"
        r"|mobility)[- ]impair(?:ed|ment)|low vision"
        r"|(?:can't|cannot) see the (?:small |tiny |little )?(?:buttons?|letters|print"
        r"|text|numbers)|(?:person|people|anyone|customers?) over (?:65|70|75|80|85|90)"
        r"|(?:guide|assistance) dog"
        r"|mobility scooter|full[- ]time carer|my (?:ndis|care) (?:plan|package)",
        r"luggage|seats?|sight of",
    ),
    entry(
        SignalKind.VULNERABILITY,
        rf"(?:i|we) lost (?:our|my) (?:\w+ )?{_LOVED} (?:last|this|in|on|to|two|three"
        r"|a|yesterday|suddenly)",
        r"luggage|seats?|in the (?:store|shop|crowd|airport)|sight of",
        sign=Sign.BEREAVEMENT,
    ),
    entry(
        SignalKind.HARDSHIP,
        r"(?:haven't|have not|hasn't|have n't|not|nothing)(?: had anything)?"
        r" (?:eaten|to eat) (?:since|for|in|all|today|until)|(?:sleep(?:ing)?"
        r"|liv(?:e|ing)) (?:in|out of) (?:my|our|the|a) (?:car|van|tent|shelter)"
        r"|(?:can't|cannot|couldn't) (?:even )?(?:feed|clothe) (?:my|our|the"
        rf"|myself)(?: {_LOVED})?|(?:go|going|gone|went) without (?:food|meals?|dinner"
        r"|heating|power|electricity)|(?:weeks?|months?|fortnight|days?) without"
        r" (?:pay|wages|income|a wage)|(?:weeks?|months?|fortnight)(?:'s|s')? (?:worth"
        r" )?(?:of )?(?:groceries|rent|wages)|(?:power|gas|electricity|heating"
        r"|water)(?: has| is| was| been| being| getting| about to| going to| be| will"
        r"| got)* (?:cut off|disconnected|shut off)|(?:is|it's|that's|was|were|my|our)"
        r" (?:\w+ )?last \$[0-9]+|(?:need(?:ed)?|have|was|is) (?:that|the|this|my)"
        r" money (?:for|to pay) (?:\w+ )?(?:rent|food|groceries|bills|medicine)",
        r"fasting|diet|saving up|win |camp(?:ing|er)|road ?trip|holiday|festival"
        r"|outage|storm",
    ),
)

PRESSURE: tuple[Entry, ...] = (
    entry(
        SignalKind.LEGAL_THREAT,
        r"afca|oaic|ncat|vcat|qcat|sacat|the (?:tio|accc|asic|caa)|statement of claim"
        r"|cease and desist|without prejudice|(?:grossly )?negligen(?:ce|t)"
        r"|(?:legally|held|hold you|holding you|are|is) (?:personally )?liable"
        r"|(?:you|you'll|you're|u|they|they'll)(?: will| are| all)*(?: about to)?"
        r"(?: be| being| getting| get)+ served|(?:court )?papers? (?:\w+ )?(?:lodged"
        r"|filed|served)|served (?:with )?(?:court )?papers",
        r"negligent of me|(?:food|meal|drinks?|first|next) (?:be|being|get) served"
        r"|served (?:food|drinks|dinner|breakfast|lunch|cold|hot|by|in|at|first)",
        no=True,
    ),
    entry(
        SignalKind.LEGAL_THREAT,
        r"(?:go(?:ing)?|writ(?:e|ing|ten)|wrote|call(?:ed|ing)?|contact(?:ed|ing)?"
        r"|email(?:ed|ing)?|complain(?:ed|ing)?|report(?:ed|ing)?|rais(?:e|ed|ing)"
        r"|told|tell(?:ing)?|see(?:ing)?|cc(?:'d|'ing|ed)?|rang|spoke)(?: \w+){0,4}?"
        r" (?:my|our|the|a) (?:local |federal |state |shadow )*(?:mp|mep"
        r"|member of parliament|senator|congress(?:man|woman|person)|councillor"
        r"|minister)",
        r"minister of|prime",
        no=True,
    ),
    entry(
        SignalKind.LEGAL_THREAT,
        r"(?:letter|call|email|mail|word) from (?:my|our|the|his|her) (?:\w+ )?"
        r"(?:lawyers?|solicitors?|barristers?|attorneys?|legal team)",
        no=True,
    ),
    entry(
        SignalKind.MEDIA,
        r"(?:your|the|a|ur|whose|from|in) (?:press|media|pr|comms|communications)"
        r" (?:team|office|officer|contact|person|people|department|desk)|(?:i"
        r"|we) (?:produce|present|host|edit|report|write) (?:a|an|the|for|on)"
        r" (?:\w+ ){0,4}(?:programme|program|podcast|radio|tv|television|newspaper"
        r"|magazine|newsletter|bulletin|column|breakfast show)|(?:i'm|i am|we're|it's"
        rf"|this is|here) (?:\w+ ){{0,2}}(?:with|from|at|for|of) {_PAPER}"
        r"|my (?:inbox is|dms are) open|(?:happened to you|had one|been affected)"
        r"\? ?(?:tell us|get in touch|contact (?:me|us)|dm me|we want to hear)",
        r"social media (?:team|person|people|department|officer)|loyalty|rewards"
        r"|training",
    ),
    entry(
        SignalKind.MEDIA,
        r"(?:tonight's|tomorrow's|sunday's|monday's|this week's|the (?:six|6) o'clock"
        r"|the (?:evening|nightly|morning)) (?:news|paper|bulletin|edition|front page)"
        r"|(?:journalist|reporter|journo|news crew) here|(?:journalist|reporter|news)"
        r" (?:desk|crew|team) (?:is|are|will|wants?)|(?:filming|cameras?|camera crew)"
        r" (?:\w+ )?(?:outside|at) your|aca (?:are|is|will|wants?|called|rang)"
        r"|a current affair",
        r"watch(?:ing)?|saw|deliver\w*",
    ),
    entry(
        SignalKind.CHURN,
        r"mov(?:e|ed|ing) (?:the whole lot|everything|it all|all of it|the lot|all my"
        r" \w+) (?:out of|away from|across to|over to|to) (?:@|you|a |an |another"
        r"|the other)",
    ),
)

HARM: tuple[Entry, ...] = (
    entry(
        SignalKind.SAFETY,
        rf"threaten(?:s|ed|ing)? (?:my|our|his|her) (?:\w+ )?{_LOVED}|threaten(?:s|ed"
        r"|ing)? (?:me|us|him|her) (?:with (?:a |an )?(?:knife|gun|violence|bat|axe"
        r"|hammer)|physically|at (?:my|our|the) (?:door|house|home|gate))|threaten"
        r"(?:s|ed|ing)? to (?:hit|hurt|kill|beat|bash|punch|stab|smash|come to my)",
        sign=Sign.THREAT,
    ),
    entry(
        SignalKind.SAFETY,
        r"(?:nearly|almost) (?:ran (?:over|down)|run (?:over|down)|knocked (?:over"
        r"|down|off)|crashed into|hit) (?:me|us|my|our|a|an|the|his|her|two|some"
        r"|someone|somebody)",
        r"hit (?:a|the|my|an) (?:\w+ )?(?:nerve|button|roof|jackpot|record|limit|goal"
        r"|send|cap|mark|target|million|tree lane)",
    ),
    entry(
        SignalKind.SAFETY,
        r"(?:charger|phone|handset|battery|power ?bank|heater|blanket|kettle|toaster"
        r"|laptop|tablet|router|modem|cable|adapter|plug|oven|air fryer|dryer|fridge"
        r"|hotplate|pan)s?(?: \w+){0,4}? (?:melted|sparked|overheated|exploded"
        r"|smoked)|burn(?:t|ed|ing)? (?:a hole in |through )?(?:the|my|our) (?:carpet"
        r"|floor|bed|couch|sofa|curtains?|desk|table|bench ?top|sheets?|mattress"
        r"|pocket)",
        r"burn(?:s|ing|ed|t)? a hole in (?:my|our) (?:pocket|wallet)|melted (?:my"
        r"|our) hearts?|melted (?:butter|cheese|chocolate)",
    ),
    entry(
        SignalKind.SAFETY,
        r"reaction after (?:eating|drinking|using|trying|having|taking)|(?:lips?"
        r"|tongue|throat|face|airways?)(?: \w+)?(?: is| are| was| were| has| have"
        r"| all| started| badly)* (?:swollen|swelled(?: up)?|swelling(?: up)?|swelled"
        r"|closing(?: up)?|closed up)|swollen (?:lips?|tongue|throat|face)"
        r"|broke out in (?:hives|a rash)|(?:got|been|fell|were|was|am|are|violently)"
        r" (?:\w+ )?(?:sick|ill) (?:from|after) (?:eating|drinking|your|the|that|this)"
        r"|label(?:s|led|ling|ed|ing)? (?:\w+ ){0,4}(?:gluten|barley|wheat|nuts?"
        r"|peanuts?|dairy|milk|eggs?|soy|sesame|shellfish|gf)|coeliac|celiac"
        r"|(?:can't|cannot|couldn't|can not) (?:even )?breathe",
        r"sick (?:of|and tired)|laugh\w*|lol|😂|🤣|funny|room to|breathing space",
    ),
    entry(
        SignalKind.SAFETY,
        r"(?:can't|cannot|couldn't|could not|unable to|not able to|won't let (?:me"
        r"|us)|no way to|can not)(?: \w+){0,2}? (?:call|ring|reach|dial|phone"
        r"|get through to|connect to|contact) (?:\w+ )?(?:000|911|999|112|triple"
        r" (?:zero|0)|(?:an |the )?ambulance|emergency(?: services)?|(?:the )?police)"
        r"|triple (?:zero|0)|(?:wards?|hospital|clinic|icu|nursing home|aged care"
        r"|medical centre)(?:'s)? (?:\w+ )?(?:phones?|lines?|pagers?|network|internet"
        r"|systems?|wi-?fi)(?: \w+)? (?:dropp(?:ed|ing) out|down|out|dead|offline"
        r"|cut off|not working|gone|went down)|on[- ]call (?:\w+ ){0,3}(?:hospital"
        r"|ward|icu)|pager (?:app|system)",
        r"triple (?:zero|0) (?:sugar|calories)",
    ),
    entry(
        SignalKind.SAFETY,
        r"driver (?:\w+ )?(?:was|is|seemed|looked|smelt|smelled) (?:\w+ )?(?:drunk"
        r"|on drugs|stoned|asleep|of alcohol)|drunk driver|(?:found|bit (?:into|on"
        r"|down on)|swallowed|had|full of|pieces? of|bits? of|shards? of) (?:an? |some"
        r" |the |bits of |pieces of |shards of )*(?:razor(?: blades?)?|broken glass"
        r"|glass shards?|metal(?: \w+)?|needles?|maggots?|cockroach(?:es)?|dead \w+)"
        r" (?:in|inside)|found (?:an? )(?:razor(?: blade)?|needle|maggot|cockroach)"
        r"|(?:had|have|having) an? (?:\w+ )?fall\b|(?:tripped|slipped|fell) (?:over"
        r"|on|in|down|off) (?:your|the|a) (?:\w+ )?(?:stairs?|steps?|floor|escalator"
        r"|ramp|aisle|wet|cord|cable|bus|plane|lift|gangway)",
        r"fall (?:in|of) (?:price|rate|value|love)|designed a|having a ball",
    ),
    entry(
        SignalKind.FRAUD,
        r"(?:got|get|getting|received?|receiving|sent|send|sending|given|gave|posted"
        r"|e?mailed|opened|have|seeing|see|showing)(?: me| us| out| in the (?:mail"
        r"|post))? (?:\w+ ){0,2}?(?:(?:someone|somebody) else's|another (?:\w+"
        r")'s|(?:a|some) (?:stranger|other \w+)'s|other (?:people|customers?"
        r"|person)(?:'s|s')|the wrong person's|my (?:ex[- ]?)?(?:ex|flatmate|housemate"
        r"|neighbou?r|roommate|tenant|landlord)(?:s|'s|s')?)"
        rf" (?:\w+ ){{0,2}}{_PAPERS}",
        no=True,
    ),
    entry(
        SignalKind.FRAUD,
        rf"sent (?:my|our|her|his) (?:\w+ ){{0,2}}{_PAPERS} to (?!me\b|us\b|my\b|the"
        rf" (?:right|correct)|you\b|@|your\b)|(?:my|our) (?:\w+ )?{_PAPERS}(?: was"
        r"| were| has| have| been| got| being| is| are| went| sent| posted"
        r"| e?mailed)+ to (?:the wrong|someone else|somebody else|a stranger|another"
        r"|my ex|my neighbou?r)|(?:getting|get|receiving|got) (?:her|his|their)"
        r" (?:bills?|statements?|letters?|mail|bank mail|cards?)\b",
    ),
    entry(
        SignalKind.FRAUD,
        r"kindly (?:dm|inbox|send|share|provide|forward|drop)|(?:dm|send|give|inbox"
        r"|share|confirm|provide|message|asked for|asks for|asking for|wants?|wanted)"
        rf"(?: me| us| them)? (?:your|my) (?:\w+ ){{0,2}}{_ONLY_THEIRS}|we are "
        r"(?:the )?official (?:\w+ ){0,3}(?:support|help ?desk|help|customer care|team)"
        r"|(?:withdrawals?|transactions?|charges?|payments?|purchases?|debits?)\b"
        r"[^.!?\n]{0,50}(?:never been (?:to|there)|i live in|wasn't me|was not me"
        r"|weren't me|not mine|isn't mine|aren't mine|not my (?:purchase|payment))"
        r"|(?:never|didn't|did not) (?:made?|authori[sz]ed?|approved?|set up|request"
        r"(?:ed)?) (?:this|that|these|those|any|the) (?:\w+ )?(?:transfers?"
        r"|transactions?|payments?|purchases?|withdrawals?|charges?|debits?)",
    ),
    entry(
        SignalKind.FRAUD,
        r"(?:publish(?:ed)?|posted|shared?|leak(?:ed)?|doxx?ed|gave out|gave"
        r" (?:him|her|them|my ex|someone)|disclosed?|reveal(?:ed)?) (?:my|our|her|his)"
        r" (?:new |home |full |private |personal )*(?:address|phone number|number"
        r"|details|medical \w+|personal \w+|data|information)|(?:shows?|showing|see"
        r"|seeing) (?:me |us )?(?:other people's|someone else's|somebody else's)"
        r" (?:\w+ )?(?:orders|addresses|accounts?|balances?|bookings?|details"
        r"|messages)|(?:an?|some) (?:stranger|(?:other|different) \w+)'s (?:\w+ )?"
        rf"{_PAPERS}",
        no=True,
    ),
)

INDIRECT: tuple[Entry, ...] = (*DESPAIR, *PRESSURE, *HARM)
