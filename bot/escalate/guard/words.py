"""Ways to say what no public line may say, by rule and language.

Patterns are for folded text (``folding.folded``: no accents, plain quotes), whatever
its case. All languages are looked for in every draft, as people mix them. ``unless`` is
searched in the sentence up to the match's end, and takes the match back.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.guard import GuardRule as R


@dataclass(frozen=True, slots=True)
class Saying:
    """One way to say it; ``is_cased``: capital letters matter."""

    rule: R
    pattern: str
    unless: str = ""
    is_cased: bool = False


IF = (
    r"\b(?:if|when(?:ever)?|whether|in case|unless|once|should your|make sure|check"
    r"|to see|how|where|until|before|any time)\b"
)
NEVER = (
    r"\b(?:never|don'?t|do not|doesn'?t|not|no need|nobody|without|avoid|rather than"
    r"|instead of|out of|remove|delete|keep|refrain|beware|anyone who|somebody who"
    r"|someone who|who asks?|not to)\b"
)
THINGS = (
    r"(?:account|policy|claim|booking|reservation|order|membership|loan|mortgage"
    r"|subscription|contract|appointment|application|payment|parcel|delivery|transfer"
    r"|deposit|balance|invoice|bill|refund|prescription|treatment|diagnosis"
    r"|test results?|complaint|case|ticket|file|dispute|statement|direct debit|card"
    r"|profile|flight|luggage|bag|premium|instal?lments?|repayments?|warranty|limit"
    r"|enrolment|pension|super|allowance|meter|rental|lease|excess)"
)
DATA = (
    r"(?:(?:full |first |last |sur)?names?|e-?mail(?: address(?:es)?)?"
    r"|(?:phone|mobile|telephone|contact|account|order|policy|booking|reference|case"
    r"|customer|client|member(?:ship)?|card|claim|invoice|reservation|ticket|tracking"
    r"|licen[cs]e|passport|medicare|social security|tax file|id|loan|patient) ?"
    r"(?:number|no\.?|reference|ref|id|details)|number|booking reference|reference"
    r"|(?:home |postal |street |mailing )?address|post ?code|zip(?: code)?"
    r"|date of birth|d\.?o\.?b\.?|birth ?(?:day|date)|age|pin|pass(?:word|code)|cvv"
    r"|tfn|ssn|last (?:four|4)(?: digits)?|(?:bank|personal|contact|account|card) "
    r"(?:account )?(?:details|data|info(?:rmation)?)|username|login)"
)
HAPPENED = (
    r"(?:refunded|credited|reimbursed|compensated|waived|reversed|approved|declined"
    r"|rejected|refused|upheld|dismissed|denied|accepted|reinstated|settled|paid out"
    r"|repaid|written off|cancelled|canceled|granted)"
)
WE = r"(?:we|i|the team|our team|they)(?:'ve| have|'d| had| did)?"
SHUT = (
    r"(?:fre[e]?z(?:e|ing)|froze(?:n)?|block(?:ed)?|clos(?:ed?|ing|ure)|lock(?:ed)?"
    r"|restrict(?:ed|ion)?"
    r"|suspend(?:ed)?|suspension|held|on hold|terminat(?:ed|ion)|stopped|flagged"
    r"|cancelled|limited|disabled|deactivated|paused?|delayed|ended?|exit(?:ed)?"
    r"|declined|refused|part(?:ed)? ways)"
)
KIN = r"husband|wife|partner|son|daughter|mother|father"
NOT_WISHED = (
    rf"(?!(?<=\bhope your )(?:{KIN}) is (?:well|safe|better|okay|ok|all right)"
    r"(?: now| soon| again)?(?:[.!](?: |$)|$))"
)
"""A wish that says no more than that: whoever goes on after it states something."""

SUSPECTED = (
    r"(?:fraud|suspicious|unusual (?:activity|transaction|payment)|money[- ]launder\w*"
    r"|\baml\b|investigat\w+|security (?:review|check|concern)|compliance"
    r"|sanctions?|the police|court order|\bkyc\b|irregular\w*|suspect\w*|scam|mule)"
)

_EN = (
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:insured|covered|registered|enrolled|signed up|banking|held|booked)"
        r" (?:through|with|by) us\b|\b(?:one|none|not one) of ours\b|\bin your name\b"
        r"|\bnotes? on (?:the|your|this) (?:account|file|booking|policy|profile)\b"
        r"|\bon your (?:side|end)\b|\b(?:in|of|from) your (?:household|family)\b"
        r"|\bfrom when you\b",
        IF,
    ),
    Saying(
        R.PERSONAL_DATA_ASKED,
        r"\b(?:fire|flick|ping|shoot|bung|throw|chuck|slip)(?: \w+)? (?:over|us|me"
        r"|across"
        rf"|through)\b[^.!?]{{0,20}}\b{DATA}\b",
        NEVER,
    ),
    Saying(
        R.LIABILITY,
        r"\bour (?:\w+ )?(?:technician|driver|agent|staff|colleague|engineer|systems?"
        r"|app"
        r"|team|people|crew|courier|contractor|clerk|branch|side) (?:\w+ )?(?:cut|broke"
        r"|lost|damaged|forgot|failed|missed|mixed|overcharged|deleted|messed|ignored"
        r"|sent the wrong|gave the wrong|got it wrong)\b|\bwe(?:'ll)? own (?:this|it|up"
        r"|that|the)\b|\b(?:is|was|'s|sits|lies|falls|rests) (?:entirely |fully |all "
        r"|squarely )?(?:on|with) us\b(?! to)",
        r"\b(?:safe|talk|chat|welcome|sits? down|touch)\b",
    ),
    Saying(
        R.OUTCOME,
        r"\b(?:fee|charge|amount|penalty|fine|debt|interest|surcharge)s?(?:'s|'ve| is"
        r"| are| has| have| was| were)?(?: been| now| all)* (?:taken off|removed"
        r"|dropped"
        r"|lifted|wiped|cleared|returned|scrapped|gone|waived|reversed|credited)\b"
        r"|\b(?:took|taken|dropped|wiped|scrapped|removed|lifted"
        r"|cleared) (?:off )?(?:the"
        r"|that|your|this) (?:\w+ )?(?:fee|charge|amount|penalty|fine|debt|interest)\b"
        r"|\bexpect (?:the|a|your|it)(?: \w+)? (?:cheque|money|refund|payment|credit"
        r"|replacement|transfer|back|by|in|on)\b|\b(?:sent|sending|posted|shipped"
        r"|dispatched|ordered) (?:you )?(?:a|the|your)(?: new)? (?:replacement|refund"
        r"|cheque|voucher|gift)\b|\b(?:doesn'?t|does not|won'?t"
        r"|didn'?t|will not) cover (?:this|that|you|it|your)\b|\bnot covered\b",
        rf"{IF}|\b(?:booking|service|entry|all|these|those|our)\b(?= (?:fee|charge)s?)",
    ),
    Saying(
        R.ARGUMENT,
        r"\b(?:must be|it'?s just|only) you\b(?! who| to)|\b(?:stop|cease"
        r"|quit) (?:spreading"
        r"|posting|saying|telling|lying|making|claiming|accusing)\b|\b(?:falsehoods?"
        r"|misinformation|slander\w*|libel\w*|defam\w+|lies)\b|\bif you(?:'d| had)"
        r" (?:\w+ )?\w+ed?\b[^.!?]{0,50}\b(?:would|wouldn'?t|could)\b"
        r"|\byour own (?:doing|choice|decision)\b",
    ),
    Saying(
        R.LEGAL_CONTENT,
        r"\b(?:investigat\w+|review\w*|assess\w*|consider\w*) your complaint\b"
        r"|\bwe (?:\w+ )?(?:find|found|conclude[d]?) (?:no|that|in)\b|\bno breach\b"
        r"|\b(?:afca|ombudsman) (?:can|may|will|could) (?:review|look|consider"
        r"|decide)\b",
        r"\bhow\b",
    ),
    Saying(
        R.IN_NEED,
        r"\byour (?:wife|husband|partner|mum|mother|dad|father|son|daughter|child"
        r"|brother"
        r"|sister|friend)'?s (?:\w+ )?(?:cancer|death|illness|suicide|passing|funeral"
        r"|accident|overdose|diagnosis)\b|\byour (?:miscarriage|stroke|chemo\w*"
        r"|eviction|divorce|abuser)\b",
    ),
    Saying(
        R.STAFF_NAME,
        r"\b[A-Z][a-z]+ (?:from|in|at) (?:accounts|claims|billing|support|sales|finance"
        r"|complaints|reception|collections|service|payroll)\b",
        is_cased=True,
    ),
    # --- a customer, or none
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\bas (?:a|an|one of our|our) (?:\w+[ -]){0,3}"
        r"(?:customer|client|member|patient|policy ?holder|passenger|guest|subscriber"
        r"|account holder|borrower|tenant|resident)\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\byou(?:'re| are| were)(?: \w+){0,2} (?:a|an|our|one of our|not a|not our)"
        r" (?:\w+ ){0,2}(?:customer|client|member|patient|policy ?holder|subscriber)\b",
        IF,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        rf"\byour (?:\w+ ){{0,2}}{THINGS}(?: with us)?,? (?:is|was|has|had|will|shows?"
        rf"|showed|went|got"
        r"|did|didn'?t|isn'?t|wasn'?t|hasn'?t|arrived|left|are|were|have|does|expired"
        r"|lapsed|contains?)\b",
        IF,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:that|this|the) (?:policy|account|booking|claim|order|loan|contract"
        r"|membership|reservation|subscription|mortgage) (?!fees?|charges?|office|form"
        r"|number|page|line)(?:\w+ )?(?:was|has been|had"
        r"|lapsed|expired|ended|opened|closed|belongs|is (?:in|under|active|overdue"
        r"|pending|open|closed|still|not|yours))\b",
        IF,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:anyone|anybody|nobody|no one|someone|somebody|customer|person) (?:by"
        r"|under"
        r"|with|of) (?:that|this|your|the) name\b|\byour (?:\w+ ){0,2}(?:loyalty|custom"
        r"|business|years|decades?)\b|\byears (?:with us|of custom|as a)\b"
        r"|\b(?:loyal|valued|long[- ]?(?:standing|time)) (?:customer|client|member"
        r"|passenger|guest)\b",
        IF,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:that |when |because |as |since )?you(?:'ve| have|'d| had)? (?:already "
        r"|just"
        r" |only |both |recently |first |last |never )?(?:hold|opened|took out|bought"
        r"|booked|ordered"
        r"|purchased|applied|lodged|submitted|paid|owe|withdrew|transferred|deposited"
        r"|missed|signed up|contacted|called|rang|phoned|visited|e-?mailed|spoke"
        r"|insured"
        r"|flew|stayed|switched|renewed|joined|enrolled|registered|subscribed|upgraded"
        r"|checked in|boarded|collected|returned|received|used)\b",
        r"\b(?:if|in case|unless|once|did|should|have you|when(?:ever)? you|before you"
        r"|after you)\b",
    ),
    Saying(R.CUSTOMER_RELATIONSHIP, rf"\byour {THINGS} with us\b", IF),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:had|have|took|taken|taking|having) (?:a |another |quick |good |closer )*"
        rf"look (?:at|into|through) (?:your|the|this) (?:\w+ )?{THINGS}\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        rf"\b{WE}(?: \w+){{0,2}} (?:looked (?:at|into|up|through)|checked|reviewed"
        rf"|found"
        r"|located|pulled up|accessed|opened|went through|see|can see|updated)"
        rf" (?:\w+ )?your (?:\w+ )?(?:{THINGS}|details|records?|history)\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\bchecked (?:in |with |on )?(?:our|the) (?:system|records|database|files)\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:our|the|my) (?:records?|systems?|database|files?|notes?|crm) (?:\w+ )?"
        r"(?:shows?|says?|indicates?|suggests?|lists?|confirms?|has|have|tells?)\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:in|on|from) (?:our|your|the) (?:system|records?|database|file)\b"
        r"|\bon file\b|\bhave you (?:down|listed|registered)\b",
        NEVER,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:can'?t|cannot|couldn'?t|could not|don'?t|do not|didn'?t|unable to|no)"
        r" (?:find|see|have|locate|match|record of|trace)"
        r"(?: (?:any|an?|your|you|of|the))* ?(?:\w+ )?"
        rf"(?:{THINGS}|record|customer|details|you)\b"
        r"|\bno (?:account|policy|booking|order|record|customer|claim) (?:under|for"
        r"|with"
        r"|in|by|of)\b",
        IF,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\byou (?:don'?t|do not|no longer|didn'?t|never) (?:bank|hold|have|insure|fly"
        r"|shop|book|rent)\w*(?: \w+){0,4} (?:with us|account|policy|booking"
        r"|contract)\b"
        r"|\byou(?:'ve| have| hold|'d| had) (?:\w+ ){0,3}(?:with us)\b"
        r"|\b(?:with us|customer|member) since\b|\byou(?:'ve| have) been with us\b"
        r"|\bsince you (?:joined|opened|signed)\b",
        IF,
    ),
    # --- asking for data
    Saying(
        R.PERSONAL_DATA_ASKED,
        r"\b(?:shar(?:e|ing)|send(?:ing)?|post(?:ing)?|giv(?:e|ing)|provid(?:e|ing)"
        r"|tell(?:ing)?|confirm(?:ing)?|reply(?:ing)? with|comment|drop(?:ping)?"
        r"|leav(?:e|ing)|d\.?m|p\.?m|inbox|message|e-?mail|text|let (?:us|me) (?:know"
        r"|have)|includ(?:e|ing)|quot(?:e|ing)|need|have|enter|supply(?:ing)?"
        r"|add(?:ing)?"
        r"|put(?:ting)?|pop(?:ping)?|forward(?:ing)?|typ(?:e|ing)|writ(?:e|ing)|fill"
        r"|upload|attach|verify|require|grab|check)\b[^.!?;]{0,40}?"
        rf"\b(?:your|the|a|an|which) (?:\w+ ){{0,2}}{DATA}\b",
        NEVER,
    ),
    Saying(
        R.PERSONAL_DATA_ASKED,
        r"\bwhat(?:'s| is| are|s| was)? (?:your|the best|a good|the) (?:\w+ ){0,2}"
        rf"{DATA}\b|\bwhich (?:\w+ )?{DATA} (?:did|do|have|are) you\b"
        r"|\bwhen (?:were you born|is your birthday)\b|\bwhere do you live\b"
        rf"|\bwith your (?:\w+ ){{0,2}}{DATA}\b|\b(?:can|could|may) (?:we|i) (?:get"
        rf"|have"
        rf"|take) your (?:\w+ ){{0,2}}{DATA}\b|\byour (?:\w+ )?{DATA},? please\b"
        rf"|\b(?:what|which|whose) (?:\w+ )?{DATA}\b[^.!?]{{0,60}}\?"
        r"|\b(?:under|in) (?:what|which|whose) name\b|\bwho (?:is|was) (?:the|this"
        r"|that)"
        r" (?:\w+ )?(?:under|for|with)\b|\b(?:photo|picture|copy|screenshot|scan) of"
        r" (?:your|the) (?:\w+ )?(?:id|licen[cs]e|passport|card|bill|statement|receipt"
        r"|invoice|letter)\b",
        NEVER,
    ),
    # --- fault
    Saying(
        R.LIABILITY,
        r"\b(?:our|my|entirely ours?|we take the|we own the) (?:own )?"
        r"(?:fault|mistake|error|bad|negligence|blame|failing|failure|oversight)\b"
        r"|\bmy bad\b|\bfault (?:is|was|lies) (?:ours|with us)\b",
    ),
    Saying(
        R.LIABILITY,
        r"\bwe(?:'re| are| were)(?: \w+)? (?:wrong|at fault|to blame|liable"
        r"|in the wrong"
        r"|negligent|responsible for (?:this|that|the|what|your))\b"
        r"|\bwe(?:'ve| have)? (?:got|did|get|had) (?:it|this|that"
        r"|things)(?: \w+)? wrong"
        r"|\bwe(?:'ve| have)? made (?:an?|the|some|this) (?:\w+ )?(?:mistakes?"
        r"|errors?)",
    ),
    Saying(
        R.LIABILITY,
        r"\b(?:mistake|error|fault|blame|responsibility)(?: (?:is|was|lies))?(?: \w+)?"
        r" (?:ours|with us)\b"
        r"|\b(?:mistake|error|fault|failure|failing|issue|oversight|slip) (?:on|at|by"
        r"|of)"
        r" (?:our|my) (?:part|side|end)\b|\bmistakes? (?:by|of) (?:us|ours)\b",
    ),
    Saying(
        R.LIABILITY,
        r"\b(?:accept|take|bear|admit|acknowledge|own)(?:s|ed|ing)?(?: \w+)? "
        r"(?:responsibility|liability|blame|fault|our (?:error|mistake|failing))\b",
        r"\bseriously\b",
    ),
    Saying(
        R.LIABILITY,
        r"\bwe (?:let you down|failed|messed up|screwed up|dropped the ball|fell short"
        r"|should(?:n'?t| not| never)? have|owe you an apology|could have done better"
        r"|mishandled|overcharged|lost your|damaged your|broke)\b"
        r"|\bshould never have (?:happened|been)\b|\bno excuse\b",
    ),
    # --- outcome
    Saying(
        R.OUTCOME,
        rf"\b{WE}(?: \w+){{0,2}} {HAPPENED}\b(?! (?:all|every|some|most) )"
        r"|\bwe(?:'ve| have)? paid (?:you|your)\b",
        r"\bpolicy of\b",
    ),
    Saying(
        R.OUTCOME,
        rf"\b(?:your|this|the|his|her) (?:\w+ )?(?:{THINGS}|appeal|request|fee|charge"
        r"|money|amount|compensation)(?: \w+)? (?:has been|have been|was|were|is"
        r"|will be"
        rf"|is being|'s been|got)(?: \w+)? {HAPPENED}\b",
        IF,
    ),
    Saying(
        R.OUTCOME,
        r"\b(?:we|i)(?:'ll| will| can|'d like to| would like to| are going to"
        r"|'re going to|'re happy to| are happy to| promise to"
        r"|'re able to)(?: \w+){0,2}"
        r" (?:refund|compensate|reimburse|credit|repay|waive|pay|cover|offer you"
        r"|replace"
        r"|reverse|approve|reinstate|make it up to you|write off|send you (?:a|an|some)"
        r" (?:\w+ )?(?:voucher|refund|cheque|check|credit|replacement))\b",
    ),
    Saying(
        R.OUTCOME,
        r"\bgoodwill\b|\byou(?:'ll| will| should| are going to) (?:\w+ )?(?:receive|get"
        r"|have|see|be (?:paid|given|sent)) (?:a |an |the |your |full |partial |back )*"
        r"(?:refund|compensation|money|credit|payment|voucher|reimbursement)\b"
        r"|\byou(?:'re| are) (?:not )?(?:entitled|eligible)\b"
        r"|\b(?:offer|refund|credit|pay|give|send|compensate)(?:ed"
        r"|ing)? you\b[^.!?]{0,30}"
        r"(?:[$€£]|\d+ (?:dollars|euros?|pounds))",
        IF,
    ),
    Saying(
        R.OUTCOME,
        r"\b(?:refund|compensation|payment|credit|settlement) of (?:[$€£] ?\d|\d)"
        r"|\b(?:full|partial) (?:refund|compensation) (?:is|has|was|will|to you)\b"
        r"|\byou(?:'ve| have)? w[oi]n\b|\bguarantee (?:you|that you)\b",
    ),
    Saying(
        R.OUTCOME,
        r"\byour (?:money|refund|compensation|payment|funds|replacement"
        r"|credit) (?:\w+ )?"
        r"(?:is|are|will|has|have|was|should|went|'s)\b"
        r"|\b(?:resolved|decided|settled|ruled|found) (?:\w+ )?in (?:your|our"
        r"|their) favou?r"
        r"|\bwe(?:'re| are)(?: \w+)? (?:refund|credit|reimburs|compensat|waiv|revers"
        r"|approv|declin|reject|uphold|pay|repay|reinstat|replac|send)ing (?:you|your"
        r"|the"
        r"|it|this|that|\W{0,2}\d)"
        r"|\b(?:won'?t|will not|can'?t|cannot|can not|couldn'?t|unable|not able"
        r"|not going"
        r"|not be able)(?: be)?(?: able)?(?: to)? (?:pay|refund|cover|approve|accept"
        r"|uphold"
        r"|compensate|reimburse|waive|reverse|credit|honou?r) (?:you|your|this|that"
        r"|the|it"
        r"|any)\b",
        IF,
    ),
    # --- argument
    Saying(
        R.ARGUMENT,
        r"\b(?:that|this|it|which)(?:'s| is| was|s)(?: \w+)? (?:not (?:true|correct"
        r"|right"
        r"|accurate|what happened)|untrue|false|incorrect|a lie|nonsense|rubbish"
        r"|misleading|defamatory)\b|\bthat(?:'s| is) (?:simply |just )?wrong\b",
    ),
    Saying(
        R.ARGUMENT,
        r"\byou (?:should|could|must|ought to|might)(?:'ve| have) (?:\w+ )?(?:read"
        r"|checked|known|called|told|seen|noticed|asked|thought|contacted|kept|paid)\b"
        r"|\byou were (?:\w+ )?(?:told|warned|informed|advised|aware)\b"
        r"|\byou(?:'ve| have) been (?:\w+ )?(?:told|warned|informed)\b"
        r"|\byou (?:failed|forgot|neglected|chose|agreed|refused|ignored)\b",
    ),
    Saying(
        R.ARGUMENT,
        r"\bwith (?:all )?(?:due )?respect\b|\bas (?:we|i)(?:'ve| have)? (?:already )?"
        r"(?:said|told|explained|stated)\b|\byou(?:'re| are) (?:wrong|mistaken|lying"
        r"|confused|exaggerating|being (?:rude|unfair|unreasonable))\b"
        r"|\bread (?:the|our) (?:terms|small print|fine print|contract|conditions)\b"
        r"|\byour (?:own )?(?:fault|mistake|error|responsibility)\b"
        r"|\b(?:take|taking) (?:this|that|your|it)(?: \w+)? down\b|\bdelete (?:this"
        r"|your"
        r"|that) (?:post|review|comment|tweet)\b|\bnot our (?:fault|problem|mistake)\b"
        r"|\bcalm down\b|\byou never (?:\w+ed|told|rang|came|wrote|sent|paid|read"
        r"|said)\b"
        r"|\b(?:next time|perhaps|maybe)[^.!?]{0,20}\bread\b|\bread what you\b"
        r"|\bour (?:logs?|records?) (?:are|is) clear\b|\byou signed\b|\bthe facts are\b"
        r"|\byou(?:'re| are) not telling\b|\bblame yourself\b|\bwe disagree\b"
        r"|\bfake review\b",
    ),
    # --- what is written privately
    Saying(
        R.LEGAL_CONTENT,
        r"\b(?:final|formal|official|idr) (?:response|decision|determination|answer"
        r"|reply|position)\b|\bdeadlock\b|\bdelay notice\b"
        r"|\bour (?:decision|determination|findings?) (?:on|about|regarding|in|is"
        r"|was)\b",
        r"\b(?:how|where|what a|by post|within)\b",
    ),
    Saying(
        R.LEGAL_CONTENT,
        r"\b(?:you (?:have|'ve) (?:the|a) right to|you (?:can|may|could) (?:now "
        r"|also )?)"
        r"[^.!?]{0,30}(?:take|complain|refer|escalate|go|lodge|bring"
        r"|contact)[^.!?]{0,40}"
        r"\b(?:afca|ombudsman|fos|fspo|cfpb|ombud)\b",
    ),
    # --- tipping off
    Saying(
        R.TIPPING_OFF,
        rf"\b{SHUT}\b[^.!?]{{0,80}}{SUSPECTED}",
    ),
    Saying(R.TIPPING_OFF, rf"{SUSPECTED}[^.!?]{{0,60}}\b{SHUT}\b"),
    Saying(
        R.TIPPING_OFF,
        rf"\b(?:account|profile|card|payment|transfer|money|funds|you|it|them)\b[^.!?]"
        rf"{{0,20}}\b{SHUT}\b[^.!?]{{0,20}}\b(?:because|due to|owing to|following)\b",
        r"\b(?:outage|weather|storm|strike|maintenance|holiday)\b",
    ),
    Saying(
        R.TIPPING_OFF,
        r"\bmoney[- ]launder\w*|\b(?:suspicious (?:matter|activity"
        r"|transaction) reports?"
        r"|austrac|fincen|sanctions list|under investigation|financial crime)\b",
    ),
    # --- a need
    Saying(
        R.IN_NEED,
        r"\b(?:suicid\w*|self[- ]?harm\w*|(?:end|take|ending|taking) your (?:own )?life"
        r"|kill(?:ing)? yourself|hurt(?:ing)? yourself|domestic (?:violence|abuse)"
        r"|family violence|violent partner|abusive (?:partner|husband|wife)"
        r"|your (?:cancer|illness|disability|depression|bereavement|loss|hardship"
        r"|mental health|addiction|pregnancy|debts?|bankruptcy)"
        r"|terminally|terminal (?:ill\w*|cancer|diagnosis)|your overdose"
        r"|passed away|your (?:late )?(?:husband|wife|mother|father|son"
        r"|daughter)'s death)"
        r"\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        rf"\byour (?:\w+ ){{0,2}}{THINGS} (?:(?!and |or |in |you |we )\w+ ){{1,4}}"
        r"(?:is|was|has|had|were|are|have|went|got)\b",
        IF,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:withdrawals?|payments?|charges?|transactions?|fees?|entries|debits?"
        r"|transfers?|purchases?|deposits?|changes?|notes?|balance|names?|address"
        r"|beneficiar\w+) (?:\w+ )?(?:on|from|to|in|into|against) your\b"
        rf"|\byour {NOT_WISHED}(?:doctor|gp|employer|broker|solicitor|lawyer|landlord"
        rf"|{KIN}|dentist|agent|guarantor) (?:\w+ed|sent|has|was|is|told|gave|rang"
        r"|came|did|had)\b",
        rf"{IF}|{NEVER}",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:chat|spoke|talk(?:ed)?|call|conversation|e-?mail(?:ed)?|letter|meeting"
        r"|visit|appointment)(?: \w+)? (?:with|to) you\b(?! here| privately"
        r"| in private)"
        r"|\bwhen (?:we|you) (?:spoke|talked|met|rang|called)\b|\bcustomer (?:list|base"
        r"|record|file|database)\b|\b(?:nothing|no one|nobody"
        r"|no match) (?:\w+ )?(?:comes?"
        r"|came|turns?|turned|shows?|showed) up\b|\bno match(?:es)? (?:for|under|on)\b"
        r"|\bon the phone (?:yesterday|today|earlier|last|this|on)\b",
        r"\b(?:let'?s|like to|want to|love to|happy to|would|could)\b",
    ),
    Saying(
        R.LIABILITY,
        r"\b(?:stuffed|botched|bungled|fluffed|muddled|mucked|fumbled|slipped up"
        r"|cocked|blew (?:it|this|that)|messed|screwed|goofed|blundered)\b"
        r"|\b(?:careless|negligent|sloppy|inexcusable|unforgivable|wrong|poor) (?:of"
        r"|from)"
        r" us\b|\bwe (?:\w+ )?regret (?:our|the|this|that|making) (?:error|mistake)"
        r"|\b(?:take|took|taking) the blame\b|\bhands up\b|\bmea culpa\b",
    ),
    Saying(
        R.OUTCOME,
        r"\b(?:vouchers?|refunds?|cheques?|payments?|credits?|replacements?|gift cards?"
        r"|compensation|reimbursement)(?: of \S+)? (?:is|are|will be|has been|was|were)"
        r" (?:\w+ )?(?:coming|on (?:its|the|their) way|sent|heading|headed|issued"
        r"|processed|posted|arriving|made|due|paid|ready|added|applied|credited)\b"
        r"|\b(?:get|have|receive|see)(?:ting)? (?:\w+ ){1,4}back\b"
        r"|\b(?:upgraded|rebooked|moved) you\b|\bas (?:an apology|compensation)\b"
        r"|\bto make up for\b|\bon the house\b|\bno further action\b",
        rf"{IF}|\b(?:explained|policy|usually|normally|generally)\b",
    ),
    Saying(
        R.OUTCOME,
        r"\b(?:has|have|'ve|'s) (?:now )?decided (?:not )?(?:to|against|in|that)\b"
        r"|\b(?:reopen|closed?|closing|dismiss) (?:the|your|this) (?:matter|case|claim"
        r"|complaint|dispute|file)\b|\b(?:appeal|claim|application|complaint|dispute"
        r"|request) (?:is|was|has been) (?:\w+ )?(?:successful|unsuccessful|closed"
        r"|resolved|valid|invalid|justified|unjustified)\b",
        IF,
    ),
    Saying(
        R.ARGUMENT,
        r"\b(?:hardly|isn'?t|not|never) our (?:problem|fault|issue|job|mistake"
        r"|responsibility)\b|\btwist(?:ing|ed)?\b|\byou (?:didn'?t|did not|haven'?t"
        r"|hadn'?t|never|simply don'?t|clearly) (?:\w+ )?(?:check|checked|read|called?"
        r"|told"
        r"|tell|repl\w+|answer\w*|follow\w*|paid|pay|contact\w*|provid\w+|understand"
        r"|understood|listen\w*|ask\w*)\b|\b(?:get|check) your facts\b"
        r"|\bfor the record\b"
        r"|\b(?:never|didn'?t|did not) happen(?:ed)?\b|\bmak(?:e|ing) (?:this|it"
        r"|things)"
        r" up\b|\bsimply (?:not|isn'?t|wasn'?t)\b|\bunfair (?:of you|to us|on us)\b",
        IF,
    ),
    Saying(
        R.ARGUMENT,
        r"\bnot (?:how|what|the way) (?:it|things|this|that)?(?: \w+)?(?: ?happened"
        r"| went)\b",
    ),
    Saying(
        R.LEGAL_CONTENT,
        r"\breasons? (?:for|of) (?:the|this|our) delay\b|\bcomplaint (?:is|was"
        r"|has been)"
        r" (?:now )?closed\b|\b(?:letter|message|reply) is our (?:final|last)\b"
        r"|\bfinal (?:letter|say|word)\b|\b(?:need|take|taking) (?:more"
        r"|longer) (?:time )?"
        r"than (?:the )?\d+ days\b",
    ),
    Saying(
        R.TIPPING_OFF,
        r"\b(?:can'?t|cannot|not allowed to|unable to|not able to|not permitted to"
        r"|may not) (?:say|tell|disclose|explain|share|discuss|reveal)(?: you)? (?:why"
        r"|the reasons?|what)\b|\b(?:regulator|authorit(?:y|ies)|law enforcement|police"
        r"|court|government) (?:\w+ )?(?:asked|requires?|required|told|ordered"
        r"|instructed)"
        r"|\b(?:monitoring|systems?|alerts?|algorithm) (?:\w+ )?(?:picked up|flagged"
        r"|detected|caught|raised)\b|\bsource of (?:funds|wealth|money)\b"
        r"|\b(?:odd|strange|irregular) (?:transfers?|payments?|transactions?"
        r"|activity)\b",
    ),
    Saying(R.IN_NEED, r"\b(?:harm|hurt|cut)(?:ing)? yourself\b"),
    # --- people
    Saying(
        R.STAFF_NAME,
        r"\b(?:[Mm]y|[Oo]ur|[Tt]he|[Yy]our) (?:\w+ ){0,2}(?:colleagues?|manager|agent"
        r"|advis[eo]r"
        r"|supervisor|team ?mate|teller|nurse|doctor|driver|technician|specialist"
        r"|case manager|representative|team lead(?:er)?),? (?:[A-Z][a-z]+)\b",
        is_cased=True,
    ),
    Saying(
        R.STAFF_NAME,
        r"\b(?:spoken|spoke|talked|talk|speak|chat|chatted|checked)"
        r" (?:to|with) [A-Z][a-z]+(?=[ ,.])"
        r"|\b(?:passed|handed|given|forwarded|sent|flagged) (?:\w+ ){1,3}to [A-Z][a-z]+"
        r" (?:in|at|from|who|on|upstairs)\b",
        is_cased=True,
    ),
    Saying(
        R.STAFF_NAME,
        r"\b(?:I'm|I am|[Mm]y name is|[Tt]his is) [A-Z][a-z]+(?= from| here|,| at|\.|!)"
        r"|\b(?:[Aa]sk for|[Cc]all|[Rr]ing|[Rr]each|[Cc]ontact|[Ss]ee) [A-Z][a-z]+"
        r" (?:in|at|on|from|and)\b"
        r"|\b[A-Z][a-z]+(?:,)? (?:our|the|from our|in our) (?:\w+ )?(?:manager|team"
        r"|agent"
        r"|supervisor|advis[eo]r|claims team|support team)\b"
        r"|\b[A-Z][a-z]+ (?:in|from) (?:the |our )(?:\w+ )?(?:team|department|office)\b"
        r"|\b[A-Z][a-z]+ (?:on|at) our (?:\w+ )?(?:desk|counter|reception)\b"
        r"|(?:[-~^/*]|[Rr]egards,?|[Tt]hanks,|[Cc]heers,|[Ll]ove,|[Yy]ours,|[Bb]est,)"
        r" ?[A-Z][a-z]{2,}"
        r"(?: [A-Z]\.?)?\s*$",
        is_cased=True,
    ),
    Saying(
        R.NAME,
        r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\.? [A-Z][a-z]+",
        is_cased=True,
    ),
    Saying(
        R.NAME,
        r"^\W*(?:Hi|Hey|Hello|Dear|Hallo|Liebe[r]?|Bonjour|Bonsoir|Salut|Cher|Chere"
        r"|Hola"
        r"|Estimad[oa]|Buenos dias|Good (?:morning|evening|afternoon)|Thanks|Sorry"
        r"|Thank you),? (?!(?:There|All|Everyone|Everybody|Team|Folks|Friend|Sir|Madam"
        r"|Community|Zusammen|Alle|Leute|Ihr|Tous|Todos|We|Thank|Please|Our|This|That"
        r"|It|For|Yes|No|If|You|In|On|The)\b)[A-Z][a-z]{1,}(?=[ ,.!:-])",
        is_cased=True,
    ),
)

_DE_THINGS = (
    r"(?:konto|vertrag|police|schaden|buchung|bestellung|antrag|kredit|darlehen|karte"
    r"|rechnung|zahlung|uberweisung|paket|lieferung|sendung|akte|vorgang|versicherung"
    r"|mitgliedschaft|abo|beschwerde|termin|befund|fall|reklamation|erstattung"
    r"|beitrag|pramie|rate|raten|girokonto|depot|sparbuch|anschluss|tarif|flug|gepack"
    r"|koffer|abbuchung"
    r"|gutschrift)"
)
_DE_IF = r"\b(?:wenn|falls|ob|sobald|sofern|bevor|wie|wo|prufen sie|achten sie)\b"
_DE_NOT = r"\b(?:nie|niemals|kein\w*|nicht|niemand|ohne|statt|anstatt|wer)\b"
_DE_DATA = (
    r"(?:(?:vor|nach)?namen?|e-?mail(?:-?adresse)?|(?:telefon|handy|mobil|kunden"
    r"|vertrags|bestell|auftrags|konto|karten|buchungs|rechnungs|schaden|mitglieds"
    r"|versicherungs|ausweis|policen|vorgangs)-?nummer|nummer|geburtsdatum|adresse"
    r"|anschrift|iban|pin|passwort|kontodaten|bankverbindung|postleitzahl|steuer-?id"
    r"|personliche[nr]? daten)"
)
_DE_DONE = (
    r"(?:erstattet|zuruckerstattet|zuruckgezahlt|ausgezahlt|gutgeschrieben|erlassen"
    r"|storniert|genehmigt|bewilligt|abgelehnt|entschadigt|uberwiesen|anerkannt"
    r"|zuruckgewiesen)"
)
_DE = (
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\bbei uns (?:versichert|angemeldet|registriert|gefuhrt|gebucht"
        r"|abgeschlossen)\b"
        r"|\bauf ihren namen\b|\bin ihrem haushalt\b",
        _DE_IF,
    ),
    Saying(
        R.LIABILITY,
        r"\bschuld (?:liegt|ist|war|trifft)\b|\bliegt (?:ganz |allein )?(?:an"
        r"|bei) uns\b"
        r"|\bunser \w+ hat (?:\w+ ){0,3}(?:vergessen|verloren|beschadigt|verwechselt"
        r"|falsch)\b",
    ),
    Saying(
        R.OUTCOME,
        r"\b(?:gebuhr\w*|betrag|kosten|zinsen|mahnung\w*)\b[^.!?]{0,30}\b(?:gestrichen"
        r"|erlassen|zuruckgenommen|entfernt|ausgebucht)\b|\bnicht (?:ab)?gedeckt\b"
        r"|\bkostenlos(?:en|er)? ersatz\b|\bersatz (?:ist|geht|kommt)\b",
    ),
    Saying(
        R.ARGUMENT,
        r"\b(?:unwahrheiten|verleumd\w*|falschbehauptung\w*|lugen)\b|\bhoren sie auf\b"
        r"|\bhatten sie [^.!?]{0,40}\b(?:ware|hatte)\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\bals (?:\w+ ){0,3}(?:kunde|kundin|kunden|mitglied|versicherte[rn]?|patientin"
        r"|patient|mieter(?:in)?)\b(?! (?:konnen|kann|haben|hat) (?:man|alle))",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:ihr|dein|ihre|deine|ihren|ihrem|ihres|ihrer|deinen|deinem) (?:\w+ ){0,2}"
        rf"{_DE_THINGS}\b"
        r"[^.!?]{0,40}\b(?:ging|kam|lief|hatte|haben|verlasst|steht|ist|wurde|war|hat"
        r"|wird|liegt|zeigt|bei uns|angesehen|gepruft"
        r"|gefunden|angeschaut|eingesehen|durchgesehen)\b",
        _DE_IF,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:finden|haben|sehen|fuhren) wir (?:\w+ ){0,5}kein\w* (?:\w+ )?"
        rf"(?:{_DE_THINGS}|kunden?|eintrag)\b"
        r"|\bin unserem (?:system|bestand)\b|\blaut unseren (?:daten|unterlagen)\b"
        r"|\b(?:sie sind|du bist)(?: \w+){0,2} (?:kunde|kundin|mitglied|kein)\b"
        r"|\b(?:seit|uber) \w+ (?:jahren )?(?:bei uns|kunde|kundin|die treue)\b"
        r"|\b(?:ihre|deine) (?:\w+ )?treue\b|\bjahre (?:bei uns|treue)\b"
        r"|\bliegt uns (?:\w+ )?vor\b"
        rf"|\b{_DE_THINGS} bei uns\b|\b(?:sie|du) (?:haben|hast|hatten|fuhren|besitzen)"
        r" bei uns\b|\b(?:als|wie) (?:wir|sie) (?:telefoniert|gesprochen|gemailt)\b"
        r"|\b(?:sie|du) (?:haben|hast) (?:\w+ ){0,4}(?:gebucht|bestellt|abgeschlossen"
        r"|beantragt|eingereicht|bezahlt|uberwiesen|gekundigt|angerufen)\b",
        _DE_IF,
    ),
    Saying(
        R.PERSONAL_DATA_ASKED,
        r"\b(?:nenn\w*|schick\w*|send\w*|teil\w*|geb\w*|gib|schreib\w*|post\w*|brauchen"
        r"|benotigen|bestatig\w*|verrat\w*|mitteil\w*|angeb\w*)\b[^.!?]{0,40}?"
        rf"\b(?:ihre?[nr]?|deine?[nr]?|die|den|eine|das) (?:\w+ ){{0,2}}{_DE_DATA}\b",
        _DE_NOT,
    ),
    Saying(
        R.PERSONAL_DATA_ASKED,
        rf"\b(?:wie (?:lautet|ist|heisst)|was ist) (?:ihre?"
        rf"|deine?) (?:\w+ )?{_DE_DATA}\b"
        r"|\b(?:unter|auf) welche[nm] namen?\b|\bwelche (?:\w+ )?"
        rf"{_DE_DATA}\b[^.!?]{{0,60}}\?"
        r"|\bwie heissen sie\b|\bwann sind sie geboren\b|\bwo wohnen sie\b"
        rf"|\bmit ihre[rm] (?:\w+ )?{_DE_DATA}\b",
        _DE_NOT,
    ),
    Saying(
        R.LIABILITY,
        r"\b(?:unser(?:e|er)?|mein) (?:eigener )?(?:fehler|schuld|versehen|versaumnis"
        r"|verschulden)\b|\b(?:tragen"
        r"|ubernehmen) (?:wir )?(?:\w+ ){0,3}(?:verantwortung"
        r"|schuld|haftung)\b|\bwir (?:\w+ )?(?:verantwortung|haftung|schuld)\b"
        r"|\bwir (?:haben|hatten) (?:\w+ ){0,4}(?:falsch gemacht|fehler gemacht|versagt"
        r"|versaumt|verbockt)\b|\b(?:ist|sind|war|waren) (?:uns|mir|da"
        r"|bei uns)(?: \w+){0,4}"
        r" (?:fehler|versehen|panne)\w*(?: \w+)? (?:unterlaufen|passiert)\b"
        r"|\bwir (?:sind|waren) schuld\b|\bfehler (?:von uns"
        r"|unsererseits|auf unserer seite)\b|\bhatte(?:n)? nicht passieren durfen\b"
        r"|\bdie verantwortung\b|\b(?:mist gebaut|vermasselt|geschlampt|versemmelt"
        r"|danebengegangen|schiefgelaufen ist bei uns)\b",
    ),
    Saying(
        R.OUTCOME,
        rf"\b(?:wir|ich) (?:haben|habe|werden|werde)\b[^.!?]{{0,70}}\b{_DE_DONE}\b"
        rf"|\b(?:ihr|dein|ihre|deine|der|die) (?:\w+ )?(?:{_DE_THINGS}|einspruch|gebuhr"
        rf"|geld|betrag)\b[^.!?]{{0,40}}\b(?:wurde|wird|ist|worden)\b[^.!?]{{0,30}}"
        rf"\b{_DE_DONE}\b",
        r"\bwenn|falls\b",
    ),
    Saying(
        R.OUTCOME,
        r"\b(?:wir|ich) (?:erstatten|zahlen|uberweisen|entschadigen|erlassen|ersetzen)"
        r" (?:ihnen|dir|sie)\b|\bwir (?:werden|wollen|konnen|mochten) (?:ihnen|dir"
        r"|sie)\b"
        r"[^.!?]{0,40}\b(?:erstatten|zahlen|entschadigen|anbieten|gutschreiben|erlassen"
        r"|ersetzen|uberweisen)\b|\bkulanz\w*|\bsie (?:erhalten|bekommen) (?:\w+ ){0,3}"
        r"(?:erstattung|entschadigung|gutschrift|gutschein|geld)\b"
        r"|\b(?:geld|betrag|gutschein|gutschrift)\b[^.!?]{0,30}\b(?:zuruck|unterwegs"
        r"|uberwiesen|ausgezahlt|kommt)\b|\bals entschadigung\b",
        r"\bwenn|falls\b",
    ),
    Saying(
        R.ARGUMENT,
        r"\b(?:das|dies|es) (?:ist|stimmt|war) (?:\w+ ){0,2}(?:nicht (?:wahr|richtig"
        r"|korrekt|so)|falsch|gelogen|unwahr|unsinn)\b(?! (?:leicht|schon|gut"
        r"|in ordnung"
        r"|einfach|immer))|\bsie hatten (?:\w+ ){0,4}(?:mussen|sollen|konnen)\b"
        r"|\bsie (?:irren|lugen|haben nie|haben (?:\w+ )?(?:zugestimmt|unterschrieben"
        r"|vergessen))\b"
        r"|\bwie (?:bereits|schon) (?:gesagt|erklart|mitgeteilt)\b"
        r"|\b(?:ihre|deine) (?:eigene )?schuld\b|\bloschen sie (?:diesen"
        r"|ihren) beitrag\b"
        r"|\bberuhigen sie sich\b",
    ),
    Saying(
        R.LEGAL_CONTENT,
        r"\b(?:abschliessende|endgultige|finale) (?:antwort|entscheidung"
        r"|stellungnahme)\b"
        r"|\bsie (?:konnen|durfen) sich\b[^.!?]{0,40}\b(?:ombuds\w*|schlichtung\w*"
        r"|bafin)\b|\bunsere entscheidung (?:uber|zu|in)\b",
    ),
    Saying(
        R.TIPPING_OFF,
        r"\bgeldwasche\w*|\bwegen [^.!?]{0,30}(?:betrug|verdacht|ermittlung)\w*"
        r"|\b\w*(?:betrugsverdacht|verdachtsmeldung)\w*|\b(?:gesperrt|eingefroren"
        r"|geschlossen|gekundigt|blockiert"
        r"|sperrung|kundigung)\b[^.!?]{0,60}\b(?:betrug\w*|verdacht\w*|auffallig\w*"
        r"|ermittlung\w*|sanktion\w*|weil)\b|\b(?:wegen|aufgrund|nach) [^.!?]{0,40}"
        r"(?:betrug|verdacht|auffallig|ermittlung|prufung)\w*[^.!?]{0,40}(?:gesperrt"
        r"|eingefroren|geschlossen|gekundigt|blockiert)\b",
    ),
    Saying(
        R.IN_NEED,
        r"\b(?:suizid\w*|selbstmord\w*|selbstverletz\w*|umbringen|ihr leben zu beenden"
        r"|hausliche gewalt|ihre (?:krankheit|depression|schulden|krebs\w*|trauer)"
        r"|verstorben\w*)\b",
    ),
    Saying(
        R.STAFF_NAME,
        r"\b(?:[Uu]nser|[Mm]ein|Ihr)(?:e|em|er|en)? (?:Kolleg(?:e|in|en)"
        r"|Mitarbeiter(?:in)?|Filialleiter(?:in)?|Berater(?:in)?)"
        r" (?:Herrn? |Frau )?[A-Z][a-z]+\b"
        r"|\b(?:[Gg]russe?n?|Gruss),? (?:aus \w+,? )?[A-Z][a-z]{2,}\s*$"
        r"|\b(?:[Cc]ordialement|[Bb]ien a vous|[Ss]aludos|[Aa]tentamente"
        r"|[Uu]n saludo),?"
        r" [A-Z][a-z]{2,}\s*$",
        is_cased=True,
    ),
    Saying(R.NAME, r"\b(?:Herrn?|Frau) (?:Dr\. )?[A-Z][a-z]+", is_cased=True),
    Saying(
        R.STAFF_NAME,
        r"\b(?:Herrn?|Frau) (?:Dr\. )?[A-Z][a-z]+ (?:aus|vom|von|im|in) (?:der|dem"
        r"|unserem"
        r"|unserer|Service|Team)\b",
        is_cased=True,
    ),
)

_FR_THINGS = (
    r"(?:compte|contrat|dossier|commande|reservation|police|sinistre|pret|credit|carte"
    r"|cotisation|prime|mensualite|colis|livraison|facture|paiement|demande|abonnement"
    r"|reclamation|virement|vol)"
)
_FR_IF = r"\b(?:si|quand|lorsque|des que|comment|ou|verifiez)\b"
_FR_NOT = r"\b(?:ne|jamais|pas|sans|aucun\w*|personne|plutot que|quiconque)\b|\bn'"
_FR_DATA = (
    r"(?:(?:pre)?nom(?: complet)?|e-?mail|courriel|adresse(?: e-?mail| postale)?"
    r"|telephone"
    r"|numero(?: de (?:telephone|commande|compte|client|contrat|dossier|carte|portable"
    r"|reservation|police|facture|suivi))?|numero client|date de naissance|iban|rib"
    r"|code postal|mot de passe|coordonnees(?: bancaires)?|reference)"
)
_FR_DONE = (
    r"(?:rembourse|credite|indemnise|annule|approuve|accepte|refuse|rejete|valide|verse"
    r"|dedommage|regle)(?:e?s?)"
)
_FR = (
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:assuree?|inscrite?|enregistree?|abonnee?|cliente?) (?:chez"
        r"|aupres de) nous\b"
        r"|\ba votre nom\b|\bdans votre foyer\b",
        _FR_IF,
    ),
    Saying(
        R.LIABILITY,
        r"\b(?:faute|erreur|responsabilite) (?:est|vient|incombe|etait) (?:de |a "
        r"|entierement )*"
        r"(?:notre|nous|la notre)\b|\bnotre \w+ (?:a|s'est) (?:\w+ )?(?:oublie|perdu"
        r"|casse|trompe|abime)\w*",
    ),
    Saying(
        R.OUTCOME,
        r"\b(?:frais|somme|montant|penalites?|interets)\b[^.!?]{0,25}\b(?:supprime"
        r"|annule"
        r"|rembourse|retire|efface|offert)\w*|\bnon couvert\w*|\ba titre gracieux\b",
        r"\bsi\b",
    ),
    Saying(
        R.ARGUMENT,
        r"\b(?:arretez|cessez) de\b|\b(?:mensonges?|diffamat\w+|calomni\w+)\b"
        r"|\bsi vous aviez\b[^.!?]{0,50}\b(?:serait|aurait|auriez)\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\ben tant que (?:\w+ ){0,2}(?:client|cliente|membre|assure|assuree|patiente?"
        r"|abonnee?)\b|\bvous (?:etes|n'etes)(?: \w+){0,2} (?:client|cliente|membre"
        r"|abonnee?)\b|\b(?:dans|selon|d'apres) (?:nos|notre) (?:systemes?|fichiers?"
        r"|dossiers?|registres?)\b|\b(?:chez|avec) nous depuis\b|\bvotre fidelite\b"
        r"|\bchere?s? (?:client|assure|abonne|membre|adherent)\w*|\bans (?:chez"
        r"|avec) nous\b",
        _FR_IF,
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        rf"\b(?:consulte|regarde|verifie|examine|vu"
        rf"|trouve) (?:\w+ )?votre {_FR_THINGS}\b"
        rf"|\bvous (?:n')?(?:avez|aviez) (?:\w+ ){{0,3}}(?:d'|de )?{_FR_THINGS}\b"
        r"|\bvous (?:avez|aviez) (?:\w+ )?(?:commande|reserve|souscrit|appele|paye"
        r"|signe)\b"
        rf"|\bvotre (?:\w+ ){{0,2}}{_FR_THINGS} (?:\w+ )?(?:est|a ete|a|sera|n'est"
        rf"|etait|indique)\b"
        r"|\b(?:ne trouvons|n'avons|ne voyons) (?:pas|aucun\w*) (?:\w+ )?"
        rf"{_FR_THINGS}\b|\baucun {_FR_THINGS} (?:a|sous|au) (?:ce|votre) nom\b"
        rf"|\bvotre {_FR_THINGS} chez nous\b",
        _FR_IF,
    ),
    Saying(
        R.PERSONAL_DATA_ASKED,
        r"\b(?:donner|donnez|envoyer|envoyez|indiquer|indiquez|communiquer|communiquez"
        r"|partager|partagez|preciser|precisez|confirmer|confirmez|transmettre|fournir"
        r"|transmettez|laissez|besoin (?:de|d'))\b[^.!?]{0,30}?"
        rf"\b(?:votre|vos|le|la|un|une|l')(?: |')?(?:\w+ )?{_FR_DATA}\b"
        rf"|\bquel(?:le)? est (?:votre|le) (?:\w+ )?{_FR_DATA}\b"
        rf"|\bavec (?:votre|vos) {_FR_DATA}\b|\b(?:a|sous) quel nom\b"
        rf"|\bquel(?:le)? (?:\w+ )?{_FR_DATA}\b[^.!?]{{0,60}}\?",
        _FR_NOT,
    ),
    Saying(
        R.LIABILITY,
        r"\b(?:notre|ma) (?:propre )?(?:faute|erreur)\b|\bnous (?:en )?(?:sommes"
        r"|etions)"
        r" (?:\w+ )?(?:responsables?|fautifs?|en tort)\b|\berreur de notre (?:part"
        r"|cote)\b"
        r"|\bnous (?:assumons|reconnaissons|acceptons)\b[^.!?]{0,30}\b(?:responsabilite"
        r"|faute|erreur|tort)\b|\bnous avons (?:commis|fait) (?:une"
        r"|des) (?:\w+ )?erreurs?"
        r"|\bnous aurions du\b|\b(?:nous nous|on s')"
        r" ?(?:sommes|est) (?:\w+ )?(?:trompe|plante|rate)\w*|\bon a (?:\w+ )?(?:rate"
        r"|foire"
        r"|fait (?:une erreur|une betise|n'importe quoi))\b",
    ),
    Saying(
        R.OUTCOME,
        rf"\bnous (?:vous |l'|les )?(?:avons|allons|aurons) (?:\w+ ){{0,2}}{_FR_DONE}\b"
        rf"|\bvotre (?:\w+ )?(?:{_FR_THINGS}|recours) (?:a ete|est|sera|fut) (?:\w+ )?"
        rf"{_FR_DONE}\b|\bnous (?:vous )?(?:allons|pouvons"
        rf"|souhaitons) (?:vous )?(?:\w+ )?"
        r"(?:rembourser|indemniser|dedommager|offrir|verser|crediter)\b"
        r"|\bvous (?:serez|allez etre|recevrez|etes) (?:\w+ ){0,3}(?:rembourse\w*"
        r"|indemnise\w*|remboursement|indemnisation|avoir)\b|\bgeste commercial\b"
        r"|\b(?:bon|avoir|cheque|remboursement|virement|argent)\b[^.!?]{0,30}\b(?:sera"
        r"|est"
        r"|a ete|arrive\w*|vous parviendra)\b"
        r"|\bnous vous (?:rembours|indemnis|offr|vers|dedommag)\w+",
        r"\bsi\b",
    ),
    Saying(
        R.ARGUMENT,
        r"\bvous (?:n')?avi?ez (?:\w+ ){0,3}(?:prevenu|averti|informe|signe|lu|accepte"
        r"|jamais)\w*|\bvous n'avez (?:pas|jamais) (?:lu|verifie|appele"
        r"|paye|repondu|prevenu)\b|\bc'est (?:\w+ )?(?:faux|inexact|un mensonge"
        r"|votre faute)\b|\bce n'est pas"
        r" (?:vrai|exact|correct|notre faute)\b|\bvous auriez du\b|\bvous (?:avez tort"
        r"|mentez|exagerez|avez (?:ete (?:informe|prevenu)|signe|accepte|oublie))\w*"
        r"|\bcomme nous (?:l'avons|vous l'avons)? ?(?:deja )?(?:dit|explique)\b"
        r"|\bcalmez-vous\b|\bsupprimez (?:ce|votre) (?:message|avis|commentaire)\b",
    ),
    Saying(
        R.LEGAL_CONTENT,
        r"\b(?:reponse|decision|position) (?:definitive|finale)\b|\bvous pouvez"
        r" (?:\w+ )?saisir\b[^.!?]{0,30}\bmediat\w+",
    ),
    Saying(
        R.TIPPING_OFF,
        r"\bblanchiment\b|\b(?:bloque|gele|ferme|suspendu|cloture)\w*\b[^.!?]{0,60}\b"
        r"(?:fraude|suspect\w*|soupcon\w*|inhabituel\w*|enquete|sanctions?|parce que)\b"
        r"|\b(?:en raison|a cause|suite)\b[^.!?]{0,40}\b(?:fraude|suspect\w*|soupcon\w*"
        r"|enquete|verification)\b[^.!?]{0,40}\b(?:bloque|gele|ferme|suspendu|cloture)",
    ),
    Saying(
        R.IN_NEED,
        r"\b(?:suicid\w*|automutil\w*|mettre fin a vos jours|violences? (?:conjugales?"
        r"|familiales?)|votre (?:maladie|cancer|depression|deuil|surendettement))\b",
    ),
    Saying(
        R.STAFF_NAME,
        r"\b(?:[Nn]otre|[Mm]a|[Mm]on|[Vv]otre) (?:collegue|conseillere?|directeur"
        r"|directrice|responsable|agente?) (?:M\.|Mme )?[A-Z][a-z]+\b",
        is_cased=True,
    ),
    Saying(
        R.NAME,
        r"\b(?:Mme|Mlle|Monsieur|Madame|M\.) [A-Z][a-z]+",
        is_cased=True,
    ),
)

_ES_THINGS = (
    r"(?:cuenta|contrato|pedido|reserva|poliza|prestamo|tarjeta|paquete|envio|factura"
    r"|prima|cuota|recibo|pago|solicitud|expediente|suscripcion|reclamacion"
    r"|transferencia|vuelo|siniestro"
    r"|queja)"
)
_ES_IF = r"\b(?:si|cuando|como|donde|en caso|compruebe)\b"
_ES_NOT = r"\b(?:no|nunca|jamas|sin|nadie|ningun\w*|evite\w*|en vez de|quien)\b"
_ES_DATA = (
    r"(?:nombre(?: completo)?|apellidos?|correo(?: electronico)?|e-?mail|telefono|movil"
    r"|direccion|(?:numero|n\.?º) de (?:pedido|cuenta|cliente|contrato|poliza|tarjeta"
    r"|telefono|reserva|expediente|factura|seguimiento|socio)|numero"
    r"|fecha de nacimiento"
    r"|dni|nie|iban|contrasena|pin|codigo postal|datos (?:personales|bancarios"
    r"|de contacto)|referencia)"
)
_ES_DONE = (
    r"(?:reembolsad|devuelt|abonad|compensad|indemnizad|anulad|aprobad|aceptad|rechazad"
    r"|denegad|condonad|desestimad|estimad|ingresad)[oa]s?"
)
_ES = (
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\b(?:asegurad|registrad|inscrit|abonad)[oa] con nosotros\b|\ba su nombre\b"
        r"|\b(?:su|tu) (?:\w+ )?(?:prima|cuota|recibo|contrato|poliza) (?:subio|bajo"
        r"|vencio|caduco|aumento)\b",
        _ES_IF,
    ),
    Saying(
        R.LIABILITY,
        r"\b(?:culpa|error|fallo) (?:es|fue|era|ha sido) (?:todo |toda )?(?:nuestr|de"
        r" nosotros)\w*|\bnuestro \w+ (?:se )?(?:olvido|perdio|rompio|equivoco)\b",
    ),
    Saying(
        R.OUTCOME,
        r"\bhemos (?:quitado|retirado|eliminado|anulado|condonado|enviado un)\b"
        r"|\b(?:comision|importe|recargo|intereses)\b[^.!?]{0,25}\b(?:quitad|anulad"
        r"|devuelt|condonad|eliminad)\w*|\bno (?:esta )?cubiert\w*|\bno cubre (?:esto"
        r"|eso)\b",
        r"\bsi\b",
    ),
    Saying(
        R.ARGUMENT,
        r"\b(?:deje|dejen|deja|pare) de (?:difundir|mentir|decir|inventar|acusar)\b"
        r"|\b(?:mentiras?|calumni\w+|difamaci\w+)\b|\bsi hubiera\b",
    ),
    Saying(
        R.PERSONAL_DATA_ASKED,
        r"\b(?:a|bajo) (?:nombre de quien|que nombre)\b",
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        r"\bcomo (?:\w+ ){0,2}(?:cliente|clienta|socio|socia|asegurad[oa]|paciente"
        r"|abonad[oa])\b(?: (?:nuestr[oa]|de|que))?"
        r"|\b(?:usted |ya )?(?:es|eres|no es|no eres)(?: \w+)? (?:cliente|clienta"
        r"|soci[oa])"
        r"(?: nuestr[oa])?\b|\b(?:en|segun) nuestr[oa]s? (?:sistemas?|registros?|base"
        r"|datos"
        r"|archivos?)\b|\banos con nosotros\b|\b(?:su|tu) (?:fidelidad|confianza de)\b"
        r"|\b(?:estimad|querid)[oa]s? (?:cliente|soci)\w*|\bcon nosotros desde\b"
        r"|\bnos consta\b",
        _ES_IF.replace("|como", ""),
    ),
    Saying(
        R.CUSTOMER_RELATIONSHIP,
        rf"\b(?:revisado|mirado|consultado|comprobado|visto|encontrado) (?:su|tu)"
        rf" {_ES_THINGS}\b|\b(?:no )?(?:tiene|tenia|tienes) (?:\w+ ){{0,2}}{_ES_THINGS}"
        r" (?:con nosotros|abiert\w+|activ\w+)\b|\busted (?:compro|reservo|contrato"
        r"|pidio|llamo|pago)\b"
        rf"|\b(?:su|tu) (?:\w+ ){{0,2}}{_ES_THINGS} (?:\w+ )?(?:esta|ha|fue|es|sera"
        rf"|sigue"
        r"|aparece|figura|salio|llego)\b|\bno (?:encontramos|tenemos|vemos|figura"
        r"|consta)"
        rf"\b[^.!?]{{0,20}}\b(?:ningun\w* )?(?:{_ES_THINGS}|cliente)\b"
        rf"|\b(?:su|tu) {_ES_THINGS} con nosotros\b",
        _ES_IF,
    ),
    Saying(
        R.PERSONAL_DATA_ASKED,
        r"\b(?:dar\w*|dinos|diganos|dime|digame|indi\w+|envi\w+|mand\w+|facilit\w+"
        r"|proporcion\w+|compart\w+|confirm\w+|necesitamos|escrib\w+|pas\w+|deje\w*)\b"
        rf"[^.!?]{{0,30}}?\b(?:su|tu|sus|tus|el|la|un|una) (?:\w+ )?{_ES_DATA}\b"
        rf"|\bcual es (?:su|tu) (?:\w+ )?{_ES_DATA}\b|\bcon (?:su|tu|sus"
        rf"|tus) {_ES_DATA}\b"
        r"|\bcomo se llama usted\b"
        rf"|\bque (?:\w+ )?{_ES_DATA}\b[^.!?]{{0,60}}\?",
        _ES_NOT,
    ),
    Saying(
        R.LIABILITY,
        r"\b(?:culpa|error|fallo|responsabilidad) (?:es |fue |ha sido )?(?:nuestr[oa]"
        r"|mi[oa])"
        r"\b|\b(?:nuestr[oa]|mi) (?:culpa|error|fallo)\b|\b(?:asumimos|aceptamos"
        r"|reconocemos)\b[^.!?]{0,30}\b(?:responsabilidad|culpa|error|fallo)\b"
        r"|\bnos (?:hemos )?equivoca(?:mos|do)\b|\b(?:hemos )?cometi(?:mos"
        r"|do) un error\b"
        r"|\bno (?:debio|deberia haber) (?:pasar|pasado|ocurr\w+|sucedid\w+)\b"
        r"|\b(?:la|lo) hemos (?:fastidiado|liado|hecho mal|estropeado)\b|\b(?:metimos"
        r"|hemos metido) la pata\b|\bhemos fallado\b"
        r"|\bpor (?:un )?(?:error|fallo) nuestro\b|\bdeberiamos haber\b",
    ),
    Saying(
        R.OUTCOME,
        rf"\b(?:le |te |les |se |lo |la )?(?:hemos|ha sido|fue|ha quedado|sera)"
        rf" (?:\w+ )?{_ES_DONE}\b|\b(?:le|te) (?:reembols|devolver|abonar|compensar"
        r"|indemnizar|ofrec|pagar|regalar)\w+|\bvamos a (?:reembols|devolver|abonar"
        r"|compensar|indemnizar|pagar)\w*|\b(?:recibira|recibiras) (?:\w+ ){0,2}"
        r"(?:reembolso|compensacion|indemnizacion|abono|dinero|vale)\b"
        r"|\b(?:dinero|importe|abono|reembolso|vale)\b[^.!?]{0,25}\b(?:llegara|recibira"
        r"|sera|esta en camino|sale)\b",
        r"\bsi\b",
    ),
    Saying(
        R.ARGUMENT,
        r"\b(?:eso|esto) (?:\w+ )?(?:no es (?:cierto|verdad|correcto|asi)|es (?:falso"
        r"|mentira))\b|\bno es (?:cierto|verdad)\b|\b(?:deberia|debio|deberias"
        r"|tendria que|tenia que)"
        r" (?:de )?haber\w*\b(?! recibido)|\b(?:usted|se) (?:miente|equivoca|olvido)\b"
        r"|\bcomo ya (?:le|te) (?:dijimos|explicamos|hemos)\b|\bculpa (?:suya|tuya)\b"
        r"|\b(?:usted|tu) (?:ya )?(?:firmo|acepto|sabia|nunca|firmaste|aceptaste"
        r"|no (?:leyo|llamo|pago|comprobo|aviso|contesto))\b"
        r"|\bno se queje\b|\bborre (?:este|esta|su) (?:mensaje|comentario|resena)\b"
        r"|\bcalmese\b"
        r"|\bse le (?:informo|aviso|advirtio)\b",
    ),
    Saying(
        R.LEGAL_CONTENT,
        r"\b(?:respuesta|decision|resolucion) (?:final|definitiva)\b|\bpuede (?:\w+ )?"
        r"(?:acudir|dirigirse|reclamar)\b[^.!?]{0,40}\b(?:banco de espana|defensor\w*"
        r"|ombudsman|consumo)\b",
    ),
    Saying(
        R.TIPPING_OFF,
        r"\b(?:blanqueo|lavado de (?:dinero|activos))\b|\b(?:bloquead|congelad|cerrad"
        r"|suspendid|cancelad)[oa]s?\b[^.!?]{0,60}\b(?:fraude|sospech\w*|inusual\w*"
        r"|investigacion|sanciones|porque)\b|\bpor (?:[^.!?]{0,30})?(?:fraude"
        r"|sospech\w*"
        r"|investigacion)\b[^.!?]{0,40}\b(?:bloquead|congelad|cerrad|suspendid)",
    ),
    Saying(
        R.IN_NEED,
        r"\b(?:suicid\w*|autolesi\w*|quitarse la vida|violencia (?:de genero|domestica"
        r"|familiar)|su (?:enfermedad|cancer|depresion|duelo|discapacidad))\b",
    ),
    Saying(
        R.STAFF_NAME,
        r"\b(?:[Nn]uestr[oa]|[Mm]i|[Ss]u) (?:companer[oa]|gestora?|agente|director"
        r"|directora|asesora?) (?:Sr\.? |Sra\.? )?[A-Z][a-z]+\b",
        is_cased=True,
    ),
    Saying(
        R.NAME,
        r"\b(?:Sr|Sra|Srta|Don|Dona|Senora?)\.? [A-Z][a-z]+",
        is_cased=True,
    ),
)

SAYINGS = (*_EN, *_DE, *_FR, *_ES)

ABOUT_AUTHOR = (
    r"\b(?:you|your|yours)\b|\b(?:vous|votre|vos)\b|\b(?:usted|su|sus|tu|tus)\b"
    r"|(?<=[a-z,] )(?:Sie|Ihnen|Ihr(?:e[nrms]?)?)\b|\b(?:dich|dir|dein\w*)\b"
    r"|^(?:Sie|Ihr(?:e[nrms]?)?) "
)
"""Words by which we speak of the author; capitals matter in German."""

OF_THEIR_WORDS = (
    r"\byour (?:messages?|feedback|safety|security|privacy|opinions?|reviews?|comments?"
    r"|questions?|patience|ideas?|suggestions?|photos?|posts?|words|time|interest"
    r"|understanding|point|support|city|town|area|region)\b"
    r"|\byou(?:'re| are) (?:right|welcome)\b|\byou (?:liked|loved|enjoyed)\b"
    r"|\bvotre (?:message|avis|securite|question|commentaire|patience|comprehension"
    r"|idee|publication|interet)\b"
    r"|\b[sS]u (?:mensaje|opinion|seguridad|pregunta|comentario|paciencia|idea"
    r"|resena|interes|comprension)\b"
    r"|\bIhre?[nmrs]? (?:Nachricht|Meinung|Sicherheit|Frage|Kommentar|Geduld|Idee"
    r"|Beitrag|Bewertung|Hinweis|Verstandnis|Ruckmeldung|Feedback)\b"
    r"|\b(?:mit|bei) Ihnen\b"
)
"""What we say of an author's words and of everybody's safety: nothing of theirs."""

TO_ANYBODY = (
    r"\b(?:privat\w*|priv[eo]e?s?|please|bitte|s'il (?:vous|te) plait|por favor"
    r"|thank\w*"
    r"|dank\w*|merci|gracias|sorry|leid|desoles?|sentimos|if|wenn|falls|si|can|could"
    r"|may|konnen|konnte\w*|pouv\w+|puede\w*|how|wie|comment|como|don'?t|never|nie"
    r"|jamais|nunca|should|hear|read|liest|lesen|lira|leera|welcome|willkommen|see you"
    r"|for your|fur ihr\w*|looking forward|here|hier|ici|aqui|when|website|app)\b"
)
"""Words that show that a sentence invites, thanks or explains."""
