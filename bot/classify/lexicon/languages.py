"""The plainest words of other languages, one short entry for each kind."""

from __future__ import annotations

from bot.classify.lexicon.entry import Entry, entry, spaceless
from bot.domain.tags import Sign, SignalKind

_H = SignalKind.HARDSHIP
_V = SignalKind.VULNERABILITY
_L = SignalKind.LEGAL_THREAT
_S = SignalKind.SAFETY
_M = SignalKind.MEDIA
_C = SignalKind.CHURN
_F = SignalKind.FRAUD

_DESPAIR = Sign.SELF_HARM
_HOME = Sign.FAMILY_VIOLENCE
_ILL = Sign.SERIOUS_ILLNESS


OTHER_LANGUAGES: tuple[Entry, ...] = (
    spaceless(_V, "轮椅 輪椅 残疾 व्हीलचेयर विकलांग كرسي_متحرك لشراء_الدواء"),
    entry(
        _H,
        r"no puedo pagar|perdí (?:mi|el) (?:trabajo|empleo)|me quedé sin (?:trabajo"
        r"|empleo)|(?:me van a |orden de )desaloj\w+|no me alcanza para"
        r"|estoy desemplead[oa]",
        r"no puedo pagar (?:con|en línea|por la app)",
    ),
    entry(
        _H,
        r"(?:plus|pas) les moyens|perdu mon (?:emploi|travail|boulot|job)|(?:être|vais"
        r"|va) \w* ?expulsée?s?|surendett\w+|au chômage|peux (?:pas|plus) payer",
    ),
    entry(
        _H,
        r"kann (?:\w+ ){0,4}nicht (?:mehr )?(?:bezahlen|zahlen|leisten)|job verloren"
        r"|(?:bin|jetzt|seit \w+) arbeitslos|zwangsräumung|privatinsolvenz|pfändung"
        r"|gepfändet",
        r"mit (?:paypal|karte)|in der app",
    ),
    entry(
        _H,
        r"mất việc|thất nghiệp|không (?:có|đủ|còn) tiền (?:trả|đóng|ăn|để sống|mua)"
        r"|phá sản",
    ),
    spaceless(_H, "失业 失業 还不起 還不起 付不起 交不起 没钱吃饭 没钱交租 没钱治病"),
    spaceless(_H, "नौकरी_चली_गई नौकरी_छूट_गई बेरोजगार पैसे_नहीं_हैं"),
    spaceless(_H, "لا_أستطيع_الدفع لا_أستطيع_دفع لا_أستطيع_سداد فقدت_وظيفتي فقدت_عملي"),
    entry(
        _V,
        r"suicid(?:io|arme|arse)|quiero (?:matarme|morir(?:me)?)"
        r"|no quiero (?:vivir|seguir viviendo)",
        no=True,
        sign=_DESPAIR,
    ),
    entry(
        _V,
        r"violencia (?:doméstica|de género|intrafamiliar)",
        no=True,
        sign=_HOME,
    ),
    entry(
        _V,
        r"(?:tengo|tiene|con|de|por) cáncer|quimio(?:terapia)?",
        no=True,
        sign=_ILL,
    ),
    entry(
        _V,
        r"me suicider|veux (?:me tuer|mourir)|envie de mourir",
        r"envie de mourir de rire",
        sign=_DESPAIR,
    ),
    entry(_V, r"violences? (?:conjugales?|domestiques?)", sign=_HOME),
    entry(
        _V,
        r"(?:un|d'un|mon|du|le) cancer|chimio(?:thérapie)?",
        r"signe|astro\w*",
        sign=_ILL,
    ),
    entry(
        _V,
        r"suizid\w*|selbstmord\w*|(?:mich|will mich) umbringen|will nicht mehr leben",
        sign=_DESPAIR,
    ),
    entry(_V, r"häuslich\w* gewalt", sign=_HOME),
    entry(
        _V,
        r"(?:habe|hat|an|mit) krebs|krebs(?:krank\w*|diagnose|patient\w*|erkrankung)"
        r"|chemotherapie",
        sign=_ILL,
    ),
    entry(_V, r"tự tử|tự sát|muốn chết", sign=_DESPAIR),
    entry(_V, r"bạo lực gia đình", sign=_HOME),
    entry(_V, r"ung thư", sign=_ILL),
    spaceless(_V, "自杀 自殺 不想活", sign=_DESPAIR),
    spaceless(_V, "家暴", sign=_HOME),
    spaceless(_V, "癌症 化疗 化療 抑郁症", sign=_ILL),
    spaceless(_V, "आत्महत्या मर_जाना_चाहता मर_जाना_चाहती", sign=_DESPAIR),
    spaceless(_V, "घरेलू_हिंसा", sign=_HOME),
    spaceless(_V, "कैंसर", sign=_ILL),
    spaceless(_V, "انتحار أنتحر سأنتحر", sign=_DESPAIR),
    spaceless(_V, "العنف_الأسري", sign=_HOME),
    spaceless(_V, "السرطان مريض_سرطان", sign=_ILL),
    entry(
        _L,
        r"(?:voy a|vamos a|los|te) (?:\w+ )?demandar(?:los|é|te|emos)?|demandaré"
        r"|acciones legales|mi abogad[oa]|(?:defensa|defensor) del consumidor|profeco"
        r"|condusef|sernac|indecopi",
    ),
    entry(
        _L,
        r"port(?:er|e|é) plainte|mon avocat|(?:action|poursui\w+|vous) en justice"
        r"|au tribunal|le médiateur|dgccrf",
    ),
    entry(
        _L,
        r"(?:mein\w*|einen|zum|vom) (?:rechts)?anwalt|anwalt einschalten"
        r"|rechtliche schritte|verklag(?:e|en)|anzeige (?:erstatten|ist raus)"
        r"|verbraucherzentrale|schlichtungsstelle|bafin",
    ),
    entry(
        _L,
        r"luật sư|khởi kiện|sẽ kiện|kiện (?:các|công ty|ngân hàng|ra tòa)|ra tòa",
        r"sự kiện|phụ kiện|điều kiện|linh kiện",
    ),
    spaceless(_L, "律师 律師 起诉 起訴 告上法庭 法院 消协 12315 银保监"),
    spaceless(_L, "मुकदमा वकील उपभोक्ता_अदालत उपभोक्ता_फोरम कोर्ट_में"),
    spaceless(_L, "محامي المحكمة دعوى_قضائية سأقاضي سأقاضيكم"),
    entry(
        _S,
        r"se (?:incendió|prendió fuego|quemó)|explotó|incendio|intoxica(?:ción|do|da"
        r"|mos|ron)|peligros[oa]|quemaduras?|electrocut\w+",
    ),
    entry(
        _S,
        r"(?:a )?pris feu|(?:a )?explosé|incendie|intoxication|dangereu(?:x|se)"
        r"|brûlures?|électrocut\w+",
    ),
    entry(
        _S,
        r"explodiert|in flammen|feuer gefangen|in brand geraten|(?:schwer|mich"
        r"|wurde) verletzt|lebensgefährlich|stromschlag|lebensmittelvergiftung"
        r"|verbrennungen",
    ),
    entry(
        _S,
        r"phát nổ|bốc cháy|cháy nổ|ngộ độc|điện giật|bị thương",
    ),
    spaceless(_S, "爆炸 起火 着火 触电 漏电 中毒 烧伤 受伤"),
    spaceless(_S, "आग_लग विस्फोट फट_गया करंट_लगा घायल"),
    spaceless(_S, "انفجر انفجرت حريق احترق تسمم صعق"),
    entry(
        _M,
        r"a la prensa|a los medios|soy periodista|à la presse|aux médias"
        r"|suis journaliste|an die (?:presse|medien)|bin (?:\w+ )?journalist(?:in)?"
        r"|lên báo|báo chí",
    ),
    spaceless(
        _M,
        "媒体曝光 曝光你们 找媒体 我是记者 上热搜 मीडिया_में मीडिया_को للصحافة للإعلام",
    ),
    entry(
        _C,
        r"(?:voy a |quiero )cancelar (?:mi|la|el|mis)|cancelaré mi|dar(?:me)? de baja"
        r"|doy de baja|me cambio (?:a|de)|nunca más (?:compro|vuelo|uso|vuelvo|con)"
        r"|no vuelvo a (?:comprar|volar|usar|viajar)",
    ),
    entry(
        _C,
        r"résili(?:e|er|ation|é)|(?:plus jamais|jamais plus)|change(?:r)? de (?:banque"
        r"|opérateur|fournisseur|compagnie)",
    ),
    entry(
        _C,
        r"kündig(?:e|en|ung)|gekündigt|nie wieder(?: bei| mit)?|wechs(?:le|ele"
        r"|eln) (?:zu|den anbieter|die bank|jetzt)",
        r"nie wieder ohne",
    ),
    entry(
        _C,
        r"hủy (?:tài khoản|dịch vụ|gói|thẻ)|không bao giờ (?:quay lại|mua|dùng|sử dụng"
        r"|bay)|chuyển sang (?:hãng|ngân hàng|nhà mạng)",
    ),
    spaceless(_C, "销户 銷戶 注销账户 退订 再也不用 再也不会 再也不买 再也不坐 换银行"),
    spaceless(
        _C, "खाता_बंद_कर कभी_नहीं_खरीद لن_أتعامل لن_أشتري إلغاء_اشتراكي إغلاق_حسابي"
    ),
    entry(
        _F,
        r"estaf(?:a|aron|ador|adores|ado|ada)|fraude|me robaron|hackea(?:ron|do)"
        r"|suplant\w+",
        no=True,
    ),
    entry(
        _F,
        r"arnaqu\w+|escroc\w*|fraude\w*|piraté|usurpation",
    ),
    entry(
        _F,
        r"betrug|betrüg\w+|abzocke|gehackt|(?:geld|karte|daten|konto) \w* ?gestohlen",
        no=True,
    ),
    entry(
        _F,
        r"lừa đảo|bị hack|chiếm đoạt|ăn cắp|bị mất tiền",
    ),
    spaceless(_F, "诈骗 詐騙 骗子 骗局 盗刷 盜刷 欺诈"),
    spaceless(_F, "धोखाधड़ी ठगी फ्रॉड احتيال نصابين اختراق_حسابي سرقوا"),
    # Despair, blows, hunger and illness: what must never wait with the billing queries.
    entry(
        _V,
        r"(?:acabar con|quitarme) (?:la|mi) vida|no quiero vivir|ya no puedo más con la"
        r" vida|(?:vais|envie d'|veux) ?en finir|mettre fin à mes jours|(?:ne )?veux"
        r" plus vivre|nicht mehr leben|mir das leben nehmen|mein leben beenden"
        r"|không muốn sống|kết thúc cuộc đời",
        r"en finir avec (?:ce|cette|ces|vous|votre)|ohne (?:dich|euch|sie)",
        sign=_DESPAIR,
    ),
    entry(
        _V,
        r"mi (?:marido|ex|pareja|esposo|novio) me (?:pega|golpea|maltrata|amenaza)"
        r"|mon (?:mari|ex|conjoint|copain|père) me (?:frappe|bat|menace)"
        r"|mein (?:mann|ex|freund|vater) schlägt mich|chồng (?:tôi )?đánh",
        sign=_HOME,
    ),
    spaceless(
        _V,
        "活不下去 不想活 轻生 輕生 寻死 想死 जीना_नहीं_चाहता जीना_नहीं_चाहती",
        sign=_DESPAIR,
    ),
    spaceless(
        _V,
        "मरना_चाहता मरना_चाहती खुदकुशी لا_أريد_أن_أعيش لا_أريد_العيش أنهي_حياتي",
        sign=_DESPAIR,
    ),
    spaceless(_V, "زوجي_يضربني पति_मारता 老公打我 丈夫打我", sign=_HOME),
    entry(
        _H,
        r"no tengo (?:nada )?(?:para|qué|que) comer|sin dinero para (?:comer|comida)"
        r"|rien à manger|plus de quoi (?:manger|payer|vivre)|nichts (?:mehr )?zu essen"
        r"|không có gì ăn",
    ),
    spaceless(_H, "没饭吃 吃不上饭 खाने_को_कुछ_नहीं لا_أجد_ما_آكل"),
    entry(
        _S,
        r"reacci(?:ón|ones) alérgicas?|alérgic[oa]s?|anafil\w+|réactions? allergiques?"
        r"|allergiques?|aux urgences|hospitalisée?s?|allergische?\w* (?:reaktion|schock"
        r")|allergisch|notaufnahme|(?:ins|im) krankenhaus|dị ứng|nhập viện|cấp cứu",
    ),
    spaceless(_S, "过敏 過敏 进医院 送医院 住院 急诊 एलर्जी अस्पताल_में حساسية المستشفى"),
    entry(
        _F,
        r"(?:m'a|m'ont|nous a) volé|vol de (?:ma|mon|mes)|me robó|me han robado",
    ),
    spaceless(_F, "चोरी_हो_गए चोरी_हो_गया سرقة_بطاقتي سرقة_حسابي سرقت"),
    spaceless(_L, "कोर्ट_जाऊँगा कोर्ट_जाऊंगा कोर्ट_जाएंगे"),
)
