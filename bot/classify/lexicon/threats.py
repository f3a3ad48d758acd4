"""Words of people about to act: law, press, and danger to somebody."""

from __future__ import annotations

from bot.classify.lexicon.entry import Entry, entry
from bot.domain.tags import Sign, SignalKind

_L = SignalKind.LEGAL_THREAT
_S = SignalKind.SAFETY
_M = SignalKind.MEDIA

_KIN = (
    r"(?:mum|mom|mother|dad|father|parents?|wife|husband|partner|son|daughter|child"
    r"|kid|baby|brother|sister|nan|nana|gran|grandma|grandmother|grandpa|grandad"
    r"|grandfather|uncle|aunt|friend|fianc[eé]e?|family)"
)
_WILL = (
    r"(?:(?:i|we)(?:'ll|'d| will| shall| would| might| may| should| could| must| can"
    r"|'m| am|'re| are|'ve| have| want| need| intend| plan| decided)?(?: now| also"
    r"| definitely| seriously| totally| just| gonna| going| about| ready| prepared"
    r"| happy| tempted| forced| got| had| like| considering| thinking (?:of"
    r"|about))*(?: to)?|gonna|going to|about to|ready to|forced to|have to|time to"
    r"|want to|hesitate to|can't wait to|how (?:do|can) (?:i|we)|considering"
    r"|thinking (?:of|about))"
)
_BODY = (
    r"(?:arm|leg|wrist|ankle|finger|hand|foot|toe|nose|hip|back|head|thumb|knee|tooth"
    r"|teeth|neck|face|skin|mouth|eyes?|scalp|feet|lips?|ribs?|shoulder)s?"
)
_THING = (
    r"(?:phone|iphone|battery|batteries|charger|laptop|tablet|device|car|engine|oven"
    r"|toaster|heater|dryer|washer|fridge|freezer|scooter|bike|house|kitchen|plane"
    r"|wing|cable|outlet|plug|router|washing machine|dishwasher|vape|bottle|glass|tyre"
    r"|tire|airbag|jar|pressure cooker|power ?bank|kettle|blender|microwave|screen"
    r"|pram|cot|boiler|adapter|earbuds?|headphones?|watch|product|it)"
)
_LAWYER = (
    r"(?:lawyers?|attorneys?|solicitors?|barristers?|legal team|legal counsel"
    r"|law firm)"
)
_AUTHORITY = (
    r"(?:ombuds(?:man|woman|person)|afca|asic|accc|apra|oaic|the tio|fca|cfpb|ftc|fcc"
    r"|bbb|better business bureau|ofcom|ofgem|department of transport(?:ation)?|us dot"
    r"|dot complaint|trading standards|fair trading|consumer affairs|ncat|vcat|qcat"
    r"|attorney[ -]general(?:'s office)?|consumer protection|consumer (?:court|forum)"
    r"|rbi|irdai|finra|regulators?|financial conduct authority|privacy commissioner"
    r"|information commissioner|faa|the caa|securities and exchange|small claims)"
)
_PRESS = (
    r"(?:media|press|news|newspapers?|papers|newsrooms?|news stations?|tv stations?"
    r"|journalists?|reporters?|a current affair|today tonight|bbc(?: watchdog)?|cnn"
    r"|abc news|channel (?:[0-9]+|nine|seven|ten)|60 minutes|fox news|itv|sky news"
    r"|daily mail|the guardian|ny times|new york times|consumer reports|local tv)"
)

LEGAL: tuple[Entry, ...] = (
    entry(
        _L,
        r"tribunal|(?:letter of|statutory) demand|then (?:we|i) file|(?:commence|start"
        r"|begin|issue|court) proceedings|gdpr|(?:privacy|consumer"
        r"|data protection) (?:law|act)s?|(?:data|subject) access request"
        r"|breach of (?:contract|privacy|confidence|duty|consumer)|food (?:authority"
        r"|standards)|health (?:inspector|department)|dispute (?:scheme|body)"
        r"|data protection (?:authority|office\w*|commission\w*)",
        no=True,
    ),
    entry(
        _L,
        rf"{_WILL} sue(?!')|(?:i'm|we're|i am|we are|be) suing|suing (?:you|them|your"
        rf"|@"
        r"|this company|the (?:company|bank|airline))|sue (?:you|your|u\b|@|these"
        r"|those|this company|the (?:bank|airline|company|hell|pants|crap))",
        r"so sue me|sue me\b|aunt(?:ie|y)? sue|sue (?:from|at|in|was|is)\b",
        no=True,
    ),
    entry(
        _L,
        r"(?:see|meet) (?:you|u|ya|them|y'all)(?: all| guys)? in court|tak(?:e|ing"
        r"|en) (?:you|this|them|it|@|@ @|the \w+|your \w+|u)(?: all"
        r"| guys)? to (?:the )?(?:\w+ )?(?:court|tribunal)|small claims|(?:going|go"
        r"|off|straight) to (?:the )?(?:court|tribunal)\b",
        r"(?:tennis|basketball|food|squash|badminton|netball|volleyball) court"
        r"|court ?side|court (?:shoes|yard)",
        no=True,
    ),
    entry(
        _L,
        r"legal (?:action|proceedings|advice|steps|recourse|route|letter|notice"
        r"|battle)|press(?:ing)? charges|law ?suits?|class[- ]action|(?:fil(?:e|ed"
        r"|ing)|report(?:ed|ing)?|call(?:ed|ing)?|go(?:ing)? to|gone to|contact(?:ed"
        r"|ing)?)(?: a| this| it| you| the)* (?:to )?(?:the )?police(?: report)?",
        r"legal tender",
        no=True,
    ),
    entry(
        _L,
        r"(?:contact\w*|call(?:ed|ing)?|speak(?:ing)? (?:to|with)|spoken? (?:to|with)"
        r"|talk\w* (?:to|with)|see(?:ing)?|hir(?:e|ed|ing)|get(?:ting)?|got|retain\w*"
        r"|engag(?:e|ed|ing)|consult\w*|involv(?:e|ing)|instruct\w*|hear(?:ing)? from"
        r"|email\w*|(?:this|it|everything|that) (?:over )?to|ask(?:ed|ing)?|need"
        r"|through|via)"
        rf" (?:a |an |my |our |some |the )?(?:\w+ )?{_LAWYER}|(?:my|our"
        rf"|the) {_LAWYER} (?:still )?(?:will|is|are|has|have|says?|said|would|wants?"
        rf"|and i"
        r"|to)|(?:gonna|going to|time to|i'm|i am|better|should|will|i'll"
        r"|to) lawyer(?:ing)? up",
        r"better call saul|district attorney|power of attorney|lincoln lawyer"
        r"|need a lawyer friend|my lawyer (?:friend )?loves|i(?:'m"
        r"| am) (?:now )?a lawyer",
        no=True,
    ),
    entry(
        _L,
        r"(?:report\w*|complain\w*|lodg\w+|fil(?:e|ed|ing)|escalat\w+|go(?:ing|ne"
        r"|es)?(?: straight| right)? to|tak(?:e|ing|en)|contact\w*|writ(?:e|ing|ten)"
        r"|wrote|refer\w*|call\w*|heard? from|been to|cc'?(?:ing|d)?|alert\w*|notif\w+"
        r"|submit\w*|speak\w* to|told|tell(?:ing)?|through|involve"
        r"|see what) [^.!?\n]{0,40}?\b"
        rf"{_AUTHORITY}|ombuds(?:man|woman|person)(?! of)",
        r"voltage regulator|regulator valve|i work",
        no=True,
    ),
)

SAFETY: tuple[Entry, ...] = (
    entry(
        _S,
        r"undeclared \w+|nut[- ]free|allerg(?:y|ic) (?:kids?|child(?:ren)?|son"
        r"|daughter|to)|allergens?|(?:is|are) (?:it|this|that|they|these"
        r"|the \w+(?: \w+)?) safe to (?:eat|use|drink|drive|fly)|(?:product|urgent"
        r"|safety|food) recall|recall notice|recalled|peanuts? in (?:the|my|it|your)"
        r"|emergency calls?|(?:has |just |she |he |someone )?fainted|(?:she|he|man"
        r"|woman|lady|passenger|someone|i|mum|dad) collapsed|(?:she|he|man|woman|lady"
        r"|passenger|someone|i) passed out|unconscious|(?:not|stopped|trouble"
        r"|difficulty) breathing|breathing on (?:his|her) own|adrenaline (?:shot|twice"
        r"|pen|injection)|(?:fish|meat|chicken|prawns|milk|food|kit|salmon"
        r"|mince)(?: is| was| are| arrived| came)+ (?:warm|rotten|rancid|off|mouldy"
        r"|moldy|raw)|(?:rotten|rancid|raw) (?:fish|meat|chicken|prawns|milk|eggs?)",
        r"allergic to (?:bad|poor|stupid|monday|work|people|waiting)|cold milk"
        r"|total recall|raw (?:fish|sushi) (?:bar|lover)|i recalled|adrenaline rush",
    ),
    entry(
        _S,
        r"(?:caught|catch(?:es|ing)?|burst(?:s|ing)? into|up in|erupted in) (?:fire"
        r"|flames)"
        rf"|set (?:itself|fire to|(?:my|the|our) \w+(?: \w+)? on fire)|{_THING}"
        r"(?: is| was| were| are|'s| literally| went| could| might| will| go"
        r"| goes)+ on fire|(?:engine|electrical|house|kitchen|battery) fire"
        r"|fire hazard",
        r"amazon fire|kindle|fire (?:stick|tv|hd)|catch fire on (?:tiktok|twitter)"
        r"|track|album|song|mixtape|playlist|beat|🔥🔥|sales",
        no=True,
    ),
    entry(
        _S,
        rf"{_THING}(?: has| had| just| suddenly| literally| nearly| almost"
        r"| completely)* (?:explod(?:ed|es|ing)|blew up|blown up|shattered|melted"
        r"|burst)|battery (?:explosion|swollen|swelling)|exploded in (?:my|his|her|the"
        r"|our)",
        r"tiktok|twitter|popularity|online|notifications|mentions|texts|messages|calls"
        r"|ice ?cream|chocolate|cheese|heart|mind|head|dreams|screen (?:shattered"
        r"|cracked)|shattered (?:my|all) (?:hopes|dreams)|glass ceiling",
    ),
    entry(
        _S,
        r"(?:burn(?:ed|t|ing|s)?|scald(?:ed|ing)?)\s(?:my|his|her|our|their|the"
        r"|a)\s(?:\w+ )?"
        rf"(?:{_BODY}|{_KIN}|fingers|child(?:ren)?)|(?:first|second|third|1st|2nd|3rd)"
        r"[- ]degree burns?|chemical burns?|burns? on (?:my|his|her|our)|(?:badly"
        r"|severely) (?:burn(?:ed|t)|scalded)",
    ),
    entry(
        _S,
        r"electrocut\w*|electric(?:al)? shocks?|(?:got|gave me|gives me|giving) (?:a "
        r"|an )?(?:electric |static |nasty )?shock(?:s)? (?:from|when|every time|off)"
        r"|sparks? (?:fl(?:ew|ying)|coming|came|out)|sparking|smell(?:s|ed"
        r"|ing)? (?:of |like )?(?:gas|burning|smoke)|gas leak|carbon monoxide"
        r"|smoke (?:coming|pouring|pours|filled|filling|in the cabin|from)"
        r"|started (?:to )?smok(?:e|ing)|toxic fumes|short[- ]circuit\w*",
        r"sparks? (?:joy|ads|streaming|flying between)|culture shock|(?:price|bill"
        r"|sticker) shock|chemistry between",
    ),
    entry(
        _S,
        r"allergic reactions?|anaphyla\w+|epi-?pen|food poison\w*|salmonella"
        r"|e\.? ?coli|listeria|(?:contains?|with|undeclared|had) (?:\w+ ){0,3}(?:nuts"
        r"|peanuts|allergens?) (?:\w+ ){0,6}allerg\w+",
        r"allergic reaction to (?:mondays?|work|stupid\w*)",
        no=True,
    ),
    entry(
        _S,
        r"(?:glass|metal|plastic|needle|nail|screw|blade|razor|mou?ld|maggots?|worms?"
        r"|insects?|cockroach(?:es)?|rat|mouse|bugs?|wire|shards?|stones?)(?: shards?"
        r"| pieces?| bits?)? (?:\w+ )?(?:in|inside) (?:my|the|our|his|her|a|this"
        r"|your) (?:\w+ )?(?:food|meal|burger|salad|soup|sandwich|formula|cereal"
        r"|chocolate|drink|pizza|bread|milk|chicken|rice|wrap|yogh?urt|baby food|fries"
        r"|nuggets|pasta)",
        r"no (?:glass|plastic|bugs)",
        no=True,
    ),
    entry(
        _S,
        r"(?:got|was|were|been|badly|seriously|severely|am|is|people|left me"
        r"|passengers?) (?:\w+ )?injured|injur(?:ed|ing) (?:my|our|his|her|myself|a"
        r"|someone|people)|(?:broke|broken|fractured|sprained|sliced|cut open|cut"
        r"|gashed|crushed) (?:my|his"
        rf"|her|our|open my) (?:\w+ )?{_BODY}|(?:head|back|neck|leg|spinal|serious"
        r"|personal) injur(?:y|ies)|concussion|[0-9]+ stitches|bleeding (?:badly"
        r"|heavily|from)",
        r"cut my (?:hair|teeth)|injury time|injury (?:list|lawyer|report)"
        r"|injured reserve",
        no=True,
    ),
    entry(
        _S,
        r"(?:sent|put|landed|ended|taken|rushed|admitted|went|going|go|taking"
        r"|trip) (?:\w+ ){0,4}(?:in|to|up in) (?:the |a )?(?:hospital|er\b|a&e"
        r"|emergency room|emergency department)|hospitali[sz]ed|(?:by|in an|called an"
        r"|needed an|call an) ambulance",
        r"i work|my shift|visit(?:ing)?|donat\w+|laugh\w*",
        no=True,
    ),
    entry(
        _S,
        r"(?:safety|health|choking|tripping|trip|electrical) hazard|hazardous|unsafe"
        r"|death ?trap|(?:is|it's|so|very|really|extremely|incredibly|a|and"
        r"|potentially|was) dangerous|brakes? (?:have |has |just |suddenly )?(?:failed"
        r"|failure|not working|don't work|gave out|stopped working|fell off)"
        r"|airbags? (?:didn't|did not|failed)|emergency landing|engine fail\w+"
        r"|safety (?:risk|issue|concern|recall|defect)s?|chok(?:ed|ing) on"
        r"|nearly drowned|(?:nearly|almost) (?:killed|died)|could(?:'ve| have) (?:died"
        r"|killed|been killed|burn\w+ down|been seriously)|(?:someone|somebody|people"
        r"|a child|kids?) (?:could|will|is going to|are going to|might) (?:get "
        r"|be )?(?:die|killed|hurt|seriously hurt|seriously injured)|faulty wiring"
        r"|(?:life|lives) (?:in danger|at risk)",
        r"laugh\w*|embarrass\w*|boredom|lol|😂|🤣|(?:so|too) (?:good|delicious)|cute"
        r"|dangerous (?:combo|combination|game|for my wallet|precedent)|dangerously"
        r"|my wallet|dangerous woman|when i saw|addictive",
        no=True,
    ),
    entry(
        _S,
        r"(?:i will|i'll|i'm going to|i am going to|im gonna|i'm gonna|we will"
        r"|i'm coming to|i swear i'll) (?:\w+ )?(?:kill|stab|shoot|murder|hurt|beat up"
        r"|burn down|blow up|bomb|attack) (?:you|u|them|him|her|your|someone|everyone"
        r"|every|the|this|all|somebody|y'all|one of)|bomb threat|there(?:'s"
        r"| is) a bomb|(?:bring(?:ing)?|brought|get(?:ting)?|has|had|with|pulled"
        r"|buying) (?:a|my) (?:gun|knife|weapon)|shoot up (?:the|your|this)"
        r"|(?:physically )?(?:attacked|assaulted) (?:me|by|my)",
        r"kill (?:the|this|your|it)(?: \w+)? ?(?:app|process|task|vibe|mood|time"
        r"|lights?|engine|deal|plan|subscription|service|switch|battery|game|tab)"
        r"|blow up (?:your|the|this) (?:phone|mentions|inbox|dms?|timeline|feed"
        r"|twitter|lines?)|shoot (?:you|u|them|him|her|the|your) (?:a |an |over|breeze"
        r"|dm|guys|team)|hurt (?:your|the) (?:feelings|brand|sales|image)|heart attack"
        r"|kill for|nerf|glue gun|lol|😂",
        no=True,
        sign=Sign.THREAT,
    ),
)

MEDIA: tuple[Entry, ...] = (
    entry(
        _M,
        r"(?:go(?:ing|ne)?|went|tak(?:e|ing|en) (?:this|it|my story)|talk\w*|speak\w*"
        r"|spoken|tell(?:ing)?|told|contact\w*|call(?:ed|ing)?|email\w*|alert\w*"
        r"|ring(?:ing)?|notify\w*|reach\w* out|sen[dt](?:ing)?|pitch\w*"
        r"|sell(?:ing)?) (?:\w+ ){0,3}?"
        rf"(?:to |with )?(?:the |my local |local |a |all the )?(?:\w+ )?{_PRESS}",
        r"social|media (?:team|player|server|account|page|markt|center|centre|box)"
        r"|press (?:the|any|play|pause|ok|enter|[0-9])|(?:good|great|bad|any|breaking"
        r"|fake|no|the latest|old) news|minutes (?:on|of|and|wait|ago|late|for)|hold"
        r"|news ?(?:feed|letter|tab|app)|channels? (?:guide|list|missing|line)"
        r"|call(?:ed|ing)? (?:\w+ )?press|papers (?:signed|ready|filed)|tell .*news",
        no=True,
    ),
    entry(
        _M,
        r"(?:i'm|i am|we're|as|this is|from) an? (?:\w+ ){0,3}(?:journalist|reporter"
        r"|correspondent|columnist|news producer)|(?:i'm"
        r"|i am) \w+(?: \w+)?,? (?:a )?(?:\w+ )?(?:journalist|reporter|producer) (?:at"
        r"|for|with|from)",
        r"not a",
        no=True,
    ),
    entry(
        _M,
        r"(?:writing|working on|preparing|publishing|running|filming|researching) (?:a"
        r"|an|the|my|our) (?:\w+ ){0,2}(?:story|article|piece|segment|report|column"
        r"|expos[eé]) (?:about|on|for|into|of)",
        r"piece of (?:art|music|furniture|code)|school report|book report"
        r"|running a report",
    ),
    entry(
        _M,
        r"(?:requests? (?:for )?|requesting |seek(?:ing)? |official |your |for "
        r"|any )comment\b[^.!?\n]{0,40}\b(?:story|article|piece|publication|publish\w*"
        r"|deadline|print)|right of reply|on the record|(?:media|press) (?:enquir(?:y"
        r"|ies)|inquir(?:y|ies)|request|office|officer|contact)",
        r"record (?:player|label|store)|for the record|comment section",
    ),
    entry(
        _M,
        r"(?:make|making|made|get|getting) (?:this|it|you|sure this|them"
        r"|your \w+)(?: to)? (?:go(?:es)? )?viral|(?:go|goes|going|gone|went) viral"
        r"|nam(?:e|ing) and sham(?:e|ing)|(?:hit|make|made) the (?:headlines"
        r"|six o'clock news)|front page of the (?:\w+ )?(?:news|papers?|newspapers?"
        r"|times|herald)",
        r"viral infection|virus",
        no=True,
    ),
)
