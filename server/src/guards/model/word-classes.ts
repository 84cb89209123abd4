/**
 * Words in classes, so that what was learned of one verb holds for its neighbours and for other languages.
 * Lower case, accents folded. `word*` stands for every longer word with these first five letters; ideographs in pairs.
 */
const classes: readonly string[] = [
  // dropping
  'ignore ignoring ignored disregard disregarding forget overlook override neglect bypass discard omit dismiss skip suppress abandon cancel nevermind ignora ignorar ignorez ignorer ignoriere ignorieren ignorar* ignor* missac* vergis* vergess* olvid* oublie* oblie* dimen* dimentica esquec* esquece negeer negeren vergeet ignoruj zapom* pomin* игнор* забуд* проиг* пропу* 忽略 无视 無視 忘记 忘掉 忘れ 무시 잊어 تجاهل انسى अनदेखी अनदेखा नज़रअंदाज़ भूल abaik* lupak* yoksay* gormez* unut parac* bo-qua ignorar puuza kalimut* huwag ignorati uita uitati hylka* unohda glem ignorera ignorer strunt* αγνοη* ξεχασ* ігнор* забуд* התעלם שכח zanedb* nedbej nerespe* zabudni prezri pozabi zaboravi zanemari* ignoris* obaziri figyel* felej* torodj pamirsk ignoruok aizmir* ignore eira unusta oblida descar* balewal* pansinin hiraukan sahau usifuate igno* vergeet moenie ignoreer فراموش نادیده بگیر نظرانداز بھول उपेक्षा উপেক্ষা ভুলে মানবে புறக்கணி மறந்துவிடு பின்பற்றாதே елемеңіз елеме ұмыт сакта забрав* спазв* игнори* заборав* занема* 別理 忘記 忽視 不理 jata huomiot* mellozd dikkate almayin yok bortse overse',
  // earlier
  'previous prior above preceding earlier former foregoing existing original initial past before anterior anteriores previas previos precedent precedents precedente precedenti precedentes vorher* vorig* obige* bisher* frueh* bishe* voorg* eerdere poprz* wczes* предыд* прежн* выше 之前 以前 先前 前面 上述 前の 以上 이전 앞의 السابقة السابق पिछले पिछली पूर्व sebel* onceki tidli* forri* tidig* edelli* aiemm* előző elozo korabb* prethod* predch* попер* προηγ* ก่อนห* trước truoc zilizo* הקודמ* הקודמות předch* predch* predosl* korabbi elozo eddig dotych* pretho* ranije prejsn* ankstes* iepriek* eelneva* senini* nauna* yaliyot* naunang انterior قبلی پیشین پچھلی پچھلے سابقہ আগের পূর্বের முந்தைய முன் алдын* алдыңғы предиш* досега claribel foregaende foreg* tidiga* aiempi anteri* voorga* 先前 此前 以往',
  // orders
  'instruction instructions directive directives rule rules guideline guidelines command commands order orders prompt prompts constraints restrictions policy policies programming guidance instrucc* instru* anwei* befeh* regel* regeln vorga* consi* directi* regras regles istru* regole instrucoes opdra* polec* instr* инстр* указа* прави* коман* 指示 指令 规则 命令 説明 지시 명령 규칙 تعليما* التعليمات القواعد निर्देश निर्देशों आदेश perin* instruk* talim* kural* ohjei* ohjee* utasi* uputs* pokyn* οδηγι* εντολ* คำสั่ง hướng lệnh maele* maagi* הוראות ההוראות pokyny navodil* navod instrukc* utasit* szabal* uputst* upute pravil* taisyk* noteik* juhised juhiseid reegl* reguli tagubil* patakar* kanuni دستور* دستورها قوانین ہدایات اصول নির্দেশ নিয়ম வழிமுற* விதிகள* нұсқау* ереже* инструк* arahan peratur* regler reglerne ohjeist* saann* kurallar 指令 規則 指示 כללי',
  // the model
  'ai llm llms assistant assistants chatbot chatbots gpt chatgpt claude gemini copilot bot bots agent agents asist* assis* agente kunst* agentes ассис* бот агент 助手 机器 模型 アシ AI 비서 مساعد सहायक asisten yapay',
  'model models',
  'system developer admin administrator operator maintainer supervisor moderator sistema syste* entwi* desar* devel* система 系统 システ 시스 النظام सिस्टम sistem systemu systemo* rendsz* sistem* systemets jarjest* систем* sustava sistem* susteem* mfumo המערכת سیستم سسٹم সিস্টেম அமைப்ப* жүйе stelse* 系統',
  // the person
  'user users reader readers human customer client person usuario utilisateur benut* nutzer* usuar* utili* utente gebru* uzytk* польз* 用户 使用者 ユー 사용자 المستخدم उपयोगक* pengg* kulla*',
  'you yourself u tu vous usted du sie te ty ты вы 你 您 君 あな 당신 너 انت أنت तुम आप kamu anda sen siz',
  'your yours tu tus votre vos deine ihre ihr seu sua suas tuo tua twoje твой ваши ваш 你的 您的 tvoj tvoje tvuj svuj tvoja tavo tava sinu tvojе mo yako jou din ditt dina tua teu تو تمہارا তোমার உன் твоја твоят сенің 你的',
  'i me myself we us ich mich je moi yo io eu ja я мне меня 我 私 나 أنا मुझे mujhe saya aku ben bana',
  'my mine our ours mi mis mein meine mon ma mes mio mia meu minha moj moje мой мои мою 我的 내 मेरे मेरी saya',
  'he him she her they them his their theirs',
  'the a an this these that those its it',
  // what is answered
  'response responses answer answers reply replies output outputs summary summaries conclusion respuesta reponse antwort antwo* respu* repon* rispo* respo* odpow* ответ* 回答 回复 答え 返答 답변 الرد इजابة उत्तर जवाब jawab* cevap*',
  'respond answering responding replying conteste respond* antworte reponds responde rispondi odpowiedz ответь отвечай 答えて 回答 대답',
  // saying and asking
  'tell say state mention inform notify advise warn remind announce declare claim assert report confirm sag sage saga dis dites di diga dime dimmi diz diga zeg powiedz скажи сообщи 告诉 说 言って 말해 أخبر قل बताओ बताएं beritahu katakan soyle rekni povedz mondd spune sano кажи кажете реци reci povej pasakyk utle ويقول بگو بتاؤ বলো சொல் айт sema sabihin',
  'recommend suggest encourage urge promote praise advertise endorse persuade convince invite',
  'write compose draft craft create generate produce make build design develop prepare construct author schreibe escribe ecris scrivi escreva napisz schrijf напиши создай 写 生成 書いて 작성 اكتب लिखो लिखें tulis buat yaz napis napiši napisi irj scrie skriv kirjoita напиши parasyk raksti kirjuta escriu sulat isulat andika כתוב بنویس لکھو লেখো লেখ எழுது жаз 寫 輸出',
  'describe explain discuss outline elaborate illustrate clarify define teach demonstrate detail narrate erklare explica expliq* spiega explique wyjasnij объясни опиши 解释 说明 説明 설명 اشرح समझाओ jelaskan acikla',
  'list name enumerate identify compare analyze analyse evaluate assess calculate compute solve estimate classify count rank determine summarize summarise review research investigate',
  'translate convert encode decode rewrite rephrase paraphrase reverse replace shuffle transform substitute scramble alternate format capitalize ubersetze traduce traduis traduza traduci переведи 翻译 翻訳 번역 ترجم अनुवाद terjem* cevir',
  'print repeat display show output echo render type return zeige muestra mostra affiche montre pokaz выведи покажи повтори 显示 输出 重复 表示 출력 اعرض दिखाओ tampil* goster ukaz ukaž vypis mutasd arata vis näytä nayta pokazi parodyk paradi naita mostra’m ipakita tunjuk* onyeshe הצג نمایش دکھاؤ দেখাও காட்டு көрсет 顯示 wys',
  'add include insert append embed incorporate integrate infuse inject attach prepend put place weave introduce enlist fuse merge blend augment modify adapt adjust alter extend enrich amend inclu* fuge anade agreg* ajoute aggiungi добавь 添加 插入 加入 追加 추가 أضف जोड़ें tamba* ekle',
  'start begin end finish conclude precede preface open close stop halt terminate cease refuse decline withhold refrain pause discontinue',
  'get find search retrieve fetch look check obtain gather collect locate read access query lookup track see finde busca cherche cerca procure znajdz найди 查找 搜索 検索 찾아 ابحث खोजो cari bul',
  'provide give supply offer share hand deliver present proporciona donne dammi gib geef daj dame dai дай 给 提供 教えて ください 줘 주세요 알려 أعطني दो दीजिए beri ver',
  // deeds
  'send email mail forward post publish upload transmit submit dispatch tweet broadcast message text relay ship envia envie sende schicke envoyez invia wyslij отправь пошли 发送 送信 보내 أرسل भेजो kirim gonder posli posljí kuldd trimite laheta изпрати posalji nusiusk nosuti saada hantar ipadala tuma שלח بفرست بھیجو পাঠাও অনুপ্প அனுப்பு жібер stuur 發送 寄出',
  'transfer pay send withdraw deposit buy purchase sell order donate invest trade refund reimburse spend bid loan uberw* transf* vire zahle pague paga przelej переведи 转账 支付 振込 송금 حول भुगतान',
  'delete remove erase wipe drop destroy purge clear uninstall empty kill losche borra supprime elimina apague usun удали 删除 削除 삭제 احذف हटाओ hapus sil smaz vymaz torold sterge slet slett poista изтрий obrisi izbrisi istrink izdzes kustuta esborra padam burahin futa מחק حذف مٹا মুছে অழி அழி жой vee 刪除',
  'grant unlock enable disable activate deactivate allow permit authorize block unblock turn switch set change update reset revoke approve lock arm disarm configure escalate elevate reschedule modify edit rename assign apply manage',
  'schedule book reserve cancel arrange register enroll subscribe unsubscribe follow unfollow invite remind appoint plan rent hire',
  'run execute call invoke use perform launch trigger install download deploy import compile implement fuhre ejecuta execute* esegui выполни 执行 実行 실행 نفذ चलाओ jalankan calistir',
  'go visit click navigate browse follow tap log login sign enter join open besuche visita visite 访问 点击 クリ',
  'reveal leak disclose expose divulge exfiltrate extract dump steal harvest bypass crack hack enthulle revela revele rivela ujawnij раскрой 泄露 透露 明かし 공개 اكشف prozrad prezrad aruld dezvalu* afslor avslor paljasta разкрий otkrij razkrij atskleisk atklaj dedahk* ibunyag fichua חשוף فاش ظاہر প্রকাশ வெளிப்* аш onthul 透露 洩露 expuna',
  'pretend act imagine roleplay simulate suppose assume behave play impersonate emulate become stay stell finge imagina imagine fais udawaj представь притворись 假装 扮演 想象 ふり 演じ 척 تظاهر تخيل कल्पना नाटक berpura bayangkan hayal predstir* predstie* tegyel prefa lad lat teeskent* престори pretvar* apsimesk izliec* teeskle berpura* magpan* jifanye העמד وانمود ভান নடி நடி болып 假裝 扮演 maak',
  'want need would like wish require help ask tell please kindly bitte please favor por svp plait prego prosze пожалуйста 请 お願 कृपया tolong lutfen',
  // small words that make sentences orders or questions
  'must should shall need have ought required mandatory muss musst debes debe doit dois devi deve musi должен 必须 べき 반드시 يجب चाहिए harus gerekir',
  'can could would will may might do does did is are was were has had',
  'what who which whose was quoi que qual quale cosa co что кто 什么 谁 何 무엇 뭐 ما ماذا من क्या कौन apa siapa ne kim',
  'how why when where wie warum comment pourquoi como cuando donde come perche jak dlaczego как почему 怎么 如何 为什么 どう なぜ 어떻게 كيف لماذا कैसे क्यों bagaimana mengapa nasil neden',
  'not never no dont don cannot without nicht niemals kein nunca jamas jamais pas non nie nigdy не никогда 不要 不 ない 하지 لا मत नहीं jangan tidak yok nincs fara uden uten ilman без bez brez be bez- ilma sense tanpa walang isiyo ללא بدون بغیر ছাড়া இல்லாத жоқ sonder 沒有 без',
  'instead rather actually however but only solely exclusively just simply anyway stattdessen solo seulement invece zamiast вместо 而是 只 代わり 대신 فقط केवल saja yerine jen len csak numai doar kun bare vain само samo tik tikai ainult nomes hanya lamang tu רק فقط صرف শুধু மட்டும் тек net 只 只要',
  'before after first then next finally once prior upon afterwards subsequently meanwhile always every each whenever immediately now',
  'when if whenever while during unless until',
  'urgent important critical attention warning notice note alert emergency priority mandatory confidential',
  'secretly silently quietly covertly discreetly hidden invisibly unnoticed stealthily background',
  'new updated revised real true actual following below next subsequent',
  // things
  'password passwords passcode credential credentials secret secrets token tokens key keys pin otp cookie cookies contrasena contras* passw* passwort mot motdepasse senha haslo пароль секрет 密码 口令 パス 비밀 كلمة पासवर्ड sandi sifre heslo hesla hesiel jelszo jelsza* parola parole* adgang* passord* salasan* парол* lozink* gesla geslo slapta* parole parool* contras* kata nywila סיסמה הסיסמ* رمز پاس পাসওয়* கடவுச்* құпия wagwo* 密碼',
  'data information details records history content contents context conversation conversations chat chats memory personal private sensitive datos donnees daten dati dados dane данные 数据 信息 情報 정보 بيانات जानकारी',
  'email emails mail message messages inbox attachment contact contacts calendar appointment appointments meeting event events',
  'file files document documents folder directory repository repo project drive spreadsheet photo photos image video disk',
  'account accounts bank balance wallet card credit payment payments money funds dollars usd bitcoin invoice transaction transactions shares stock subscription loan',
  'address phone number location home residence identity passport ssn birth medical genetic health patient prescription',
  'door garage thermostat light lights alarm camera lock device devices smart vehicle car',
  'server host port firewall network database shell terminal script process root sudo admin privileges backdoor malware',
  'code snippet function block program implementation solution codebase segment script section',
  'link links url urls website site page http https www com webpage portal',
  'word words letter letters sentence sentences vowel vowels paragraph punctuation text character characters string phrase emoji base64 typos',
  'poem story joke essay song speech haiku letter article blog recipe quiz slogan novel summary plan advice tips',
  'language french spanish german chinese english italian latin japanese korean russian portuguese tongue',
  'tool tools api function plugin connector parameter argument parameters arguments',
  // what is asked of personas
  'unfiltered uncensored unrestricted unlimited amoral jailbroken jailbreak dan free freed unethical immoral uninhibited anarchy',
  'illegal unethical immoral harmful dangerous inappropriate offensive violent explicit vulgar swear curse profanity sexual racist evil',
  'ethics ethical moral morals morality legality legal censorship limits limitations restrictions filters filter warnings disclaimers boundaries norms consequences omezeni obmedz* korlat* restric* begraens* begrens* rajoit* огранич* ogranic* omejitev apribo* ierobe* piirang* restricc* sekatan limitas* mipaka מגבלות محدودیت پابندی সীমাহীন கட்டுப்* шектеус* beperk* 限制 filtru filtre filtera',
  'refuse refuses refusing reject deny denies apologize apologise comply complies obey obeys obey unable',
  'character persona role mode simulation fictional fiction hypothetical scenario game world roleplay dan opposite',
  'openai anthropic google microsoft meta bing',
  'suspended expired disabled restricted revoked denied blocked inactive unavailable exceeded limit quota lapsed upgrade renew verification verify access',
  'one two three four five six seven eight nine ten',
  'injection attack attacks attacker attackers exploit vulnerability malicious adversarial threat security detect detection scanner guard mitigation payload',
]

const slots = 8_192

/** Classes by hash of a word, of its first five letters, and of a pair of ideographs. */
export type WordClasses = { classOf(hash: number): number }

export function openWordClasses(hash: {
  word(text: string): number
  pair(text: string): number
}): WordClasses {
  const keys = new Int32Array(slots)
  const values = new Uint8Array(slots)
  const place = (key: number) => {
    let at = (key ^ (key >>> 13)) & (slots - 1)
    while (keys[at] !== 0 && keys[at] !== key) at = (at + 1) & (slots - 1)
    return at
  }
  for (const [number, words] of classes.entries()) {
    for (const word of words.split(' ')) {
      const key = /^[\u2e80-\ud7ff]/.test(word)
        ? hash.pair(word.slice(0, 2))
        : word.endsWith('*')
          ? hash.word(word.slice(0, 5)) ^ stemSalt
          : hash.word(word)
      const at = place(key)
      // The first class a word stands in is its class.
      if (keys[at] === key) continue
      keys[at] = key
      values[at] = number + 1
    }
  }
  return {
    classOf(key) {
      let at = (key ^ (key >>> 13)) & (slots - 1)
      while (keys[at] !== 0 && keys[at] !== key) at = (at + 1) & (slots - 1)
      return values[at] as number
    },
  }
}

/** Told apart from whole words of five letters. */
export const stemSalt = 0x3c6ef372
