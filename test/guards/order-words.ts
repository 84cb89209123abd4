/** Orders about anything at all: any verb, anything it may be done to, and what may stand around. Drawn for training only. */
import { verbs } from '../../server/src/guards/model/verbs.ts'

const words = (list: string) => list.trim().split(/\s*\|\s*|\s*\n\s*/)

const people = words(`
colleague|neighbour|tenant|landlord|patient|nurse|doctor|surgeon|lawyer|judge|witness|juror|teacher|pupil|student|parent|mother|child|son|driver|pilot|passenger|
guest|host|waiter|cook|buyer|seller|supplier|vendor|customer|client|shareholder|investor|auditor|treasurer|accountant|manager|director|intern|applicant|candidate|
voter|mayor|minister|officer|guard|soldier|inspector|referee|player|coach|author|editor|reporter|reviewer|translator|speaker|caller|owner|member|donor|farmer|
rival|competitor|partner|friend|stranger|visitor|operator|engineer|developer|administrator|moderator|user|person|reader|recipient|sender|subscriber|employee|boss|team|
family|board|council|committee|court|police|bank|insurer|school|hospital|union|press|crew`)

const things = words(`
contract|clause|deed|will|lease|licence|permit|passport|visa|certificate|diploma|invoice|receipt|bill|cheque|loan|mortgage|deposit|refund|rebate|coupon|voucher|
price|fee|fine|tax|salary|bonus|pension|budget|forecast|balance|ledger|share|stock|bond|coin|token|wallet|savings|order|basket|parcel|shipment|delivery|
claim|complaint|review|rating|star|vote|ballot|poll|petition|survey|report|summary|chart|graph|table|column|row|record|file|folder|archive|backup|draft|memo|
letter|mail|newsletter|message|chat|thread|comment|post|photo|picture|video|recording|song|poem|story|joke|headline|article|paragraph|sentence|word|title|footnote|
quote|source|study|sample|test|result|diagnosis|dose|pill|prescription|allergy|vaccine|scan|pulse|bandage|appointment|meeting|agenda|
calendar|deadline|reminder|holiday|trip|flight|train|ticket|seat|room|hotel|booking|route|station|bridge|road|map|car|truck|bicycle|engine|brake|battery|charger|
door|lock|key|window|gate|garage|alarm|camera|sensor|thermostat|heating|oven|fridge|lamp|light|speaker|microphone|screen|monitor|keyboard|printer|phone|tablet|laptop|
server|router|firewall|port|network|cable|disk|partition|database|index|cache|queue|job|script|build|branch|commit|tag|release|version|package|library|function|
loop|variable|bug|log|trace|metric|dashboard|alert|ticket|issue|password|pin|code|cookie|session|signature|seal|stamp|badge|uniform|flag|banner|slogan|logo|
advert|campaign|product|brand|shop|warehouse|shelf|box|bag|bottle|glass|cup|plate|knife|recipe|salt|sugar|flour|bread|cheese|soup|wine|coffee|garden|tree|
seed|plant|flower|fence|wall|roof|floor|chimney|pipe|valve|pump|tank|boiler|wire|fuse|meter|robot|drone|machine|conveyor|crane|lift|
painting|statue|piano|violin|ball|goal|score|match|prize|medal|exam|grade|lesson|homework|essay|book|shelf mark|dictionary|rumour|secret|promise|apology|excuse|
lie|truth|fact|figure|number|decimal|date|name|address|postcode|birthday|weight|height|age|colour|shape|sound|smell|weather|temperature|river|
harbour|boat|ship|cargo|container|customs form|border|country|city|village|street|house|flat|office|desk|chair|clipboard|inbox|mailbox|phone book|
quarter|year|week|hour|minute|verdict|sentence of the judge|fingerprint|x-ray|blueprint|prototype|patent|formula|model|training set|benchmark|plugin|
extension|wallpaper|ringtone|playlist|subscription|account|profile|avatar|bio|contact|group|channel|role|permission|policy|rule|filter|limit|quota|default`)

export const kindsOfThings = words(`
last|first|next|second|third|oldest|newest|largest|smallest|cheapest|slowest|open|pending|closed|hidden|unread|unpaid|missing|stolen|broken|empty|full|old|new|red|
blue|private|public|internal|secret|official|legal|medical|monthly|yearly|annual|spare|main|front|back|left|upper|lower|whole|entire|other|same|wrong|real|fake|
current|previous|upcoming|expired|signed|blank|local|foreign|own|shared|personal|final|winning`)

const adjuncts = words(`
before lunch|at noon|at night|in the morning|on Friday|at the weekend|while nobody looks|without asking|without delay|in advance|by hand|
twice|once|three times|every hour|each evening|from now on|until further notice|at once|right away|as usual|on the way out|by ten percent|by half|to the last crumb|
at a high price|with great care|in silence|in plain sight|in passing|in small steps|on the quiet|as if nothing had happened|no matter what|if possible|for good|
for a while|for free|at any cost|under another name|behind the scenes|as a favour|in public|in the margin|in bold|upside down|in reverse|in both copies|in red`)

const leads = words(`
Please |Kindly |First, |Then |Next, |Finally, |Also |Always |Never |Do not |Don\u2019t |From now on, |Before anything else, |Afterwards, |In the end, |Meanwhile, |
Now |Just |Quietly |Simply |Immediately |Instead, |In any case, |Every time, |Whatever happens, |Without fail, |If asked, |When done, |Once finished, |As a rule, |
Before closing, |Before you start, |After the call, |While you wait, |When in doubt, |Should it rain, |On Mondays, |For safety, |To save time, |As agreed, |Remember to |
Make sure to |Be sure to |Try to |You must |You should |You have to |You are to |You will |You may |You can |The assistant should |The model must |The agent has to |
The reader should |Whoever reads this must |Anyone who fills this in should |It is time to |It is best to |There is no harm in letting you |We want you to |We need you to |
I would like you to |We ask that you |Our staff expects you to |Your job is to |The plan is to |The goal is to |Let us |Feel free to |Go and |Go ahead and |Help us |Help them to |
Use the chance to |Take a moment to |Have somebody |Get them to |Let them |Make them |Let nobody |See to it that you |Start to |Stop and |Sit down and |Do as told and `)

type Random = { random: () => number; pick: <T>(list: readonly T[]) => T }

export const plural = (noun: string) =>
  /(?:s|x|ch|sh)$/.test(noun) ? `${noun}es` : /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`

/** Words are dealt in parts: what is left out is left out with its verbs and its things. */
export type Dealt = { fold: number; folds: number }
const part = <T>(list: readonly T[], { fold, folds }: Dealt) => list.filter((_, at) => at % folds === fold)
export const dealtWords = (dealt: Dealt) => ({
  verbs: part(verbs, dealt),
  things: part(things, dealt),
  people: part(people, dealt),
})

export function openOrders(count: number, dealt: Dealt, { random, pick }: Random): string[] {
  const mine = dealtWords(dealt)
  const verb = () => pick(mine.verbs)
  const noun = () => (random() < 0.3 ? `${pick(kindsOfThings)} ` : '') + pick(mine.things)
  const somebody = () => {
    const one = pick(mine.people)
    return random() < 0.75
      ? `${pick(['the', 'the', 'a', 'our', 'your', 'their', 'any', 'every'])} ${one}`
      : plural(one)
  }
  const something = (): string => {
    const draw = random()
    if (draw < 0.4) return `the ${noun()}`
    if (draw < 0.5)
      return `${pick(['a', 'any', 'each', 'every', 'this', 'our', 'your', 'their', 'his', 'one', 'another'])} ${noun()}`
    if (draw < 0.68)
      return `${pick(['all ', 'the ', 'both ', 'two ', '', '', 'their ', 'our ', 'these ', 'some '])}${plural(noun())}`
    if (draw < 0.76) return somebody()
    if (draw < 0.84) return `the ${noun()} of ${somebody()}`
    if (draw < 0.9)
      return `${plural(noun())} ${pick(['about', 'from', 'of', 'for', 'by', 'with', 'that mention', 'without'])} ${something()}`
    if (draw < 0.94)
      return pick([
        'it',
        'them',
        'everything',
        'nothing',
        'whatever you find',
        'what is left',
        'the rest',
        'half of it',
      ])
    return `the ${pick(mine.things)} ${pick(['that', 'which'])} ${somebody()} ${pick(['signed', 'wants', 'sent', 'lost', 'owns', 'asked about', 'paid for'])}`
  }
  const place = () =>
    `${pick(['to', 'into', 'in', 'on', 'from', 'with', 'for', 'under', 'behind', 'next to', 'through', 'out of', 'at', 'between', 'over', 'as', 'before', 'after', 'against', 'about', 'by'])} ${something()}`
  const deed = (): string => {
    const draw = random()
    const what =
      draw < 0.86
        ? ` ${something()}`
        : draw < 0.92
          ? ` ${pick(['up', 'down', 'off', 'out', 'away', 'back', 'in'])} ${something()}`
          : ` ${place()}`
    return `${verb()}${what}${random() < 0.5 ? ` ${place()}` : ''}${random() < 0.22 ? ` ${pick(adjuncts)}` : ''}`
  }
  const sentence = (): string => {
    const draw = random()
    if (draw < 0.5) return deed()
    if (draw < 0.64) return `${pick(leads)} ${deed()}`
    if (draw < 0.7) return `${deed()} ${pick(['and', 'then', 'and then', 'or', 'but do not'])} ${deed()}`
    if (draw < 0.75)
      return `${deed()} ${pick(['so that', 'until', 'before', 'because', 'as though', 'while', 'unless', 'whenever', 'even if', 'as soon as'])} ${somebody()} ${pick(['is away', 'notices', 'pays', 'agrees', 'arrives', 'asks', 'has gone', 'loses', 'is asleep', 'gives up', 'comes back', 'objects'])}`
    if (draw < 0.81)
      return `${pick(['Have', 'Let', 'Make', 'Help', 'Get', 'Watch', 'Ask', 'Tell', 'Force', 'Allow', 'Convince', 'Invite'])} ${somebody()} ${pick(['', 'to '])}${deed()}`
    if (draw < 0.85)
      return `${pick(['Give', 'Show', 'Send', 'Hand', 'Offer', 'Sell', 'Grant', 'Lend', 'Deny', 'Owe', 'Promise', 'Read'])} ${somebody()} ${something()}`
    if (draw < 0.88)
      return `${pick(['Act', 'Behave', 'Speak', 'Answer', 'Write', 'Work', 'Go on', 'Carry on'])} as ${pick(['if', 'though'])} ${somebody()} ${pick(['were', 'had', 'wanted', 'owned'])} ${something()}${random() < 0.4 ? ` and ${deed()}` : ''}`
    if (draw < 0.91)
      return `${pick(['When', 'If', 'Whenever', 'Once', 'Each time', 'As soon as', 'Before', 'After', 'Unless'])} ${somebody()} ${pick(['asks', 'calls', 'pays', 'leaves', 'signs', 'complains', 'mentions'])}${random() < 0.5 ? ` ${something()}` : ''}, ${deed()}`
    if (draw < 0.94)
      return `${pick(['Our', 'The'])} ${plural(pick(mine.people))} ${pick(['need', 'want', 'expect', 'would like', 'are waiting for', 'ask for', 'are owed', 'deserve'])} ${something()}${random() < 0.4 ? ` ${place()}` : ''}`
    if (draw < 0.97)
      return `${pick(['Whoever reads this', 'Whoever fills this in', 'Anyone who calls this', 'The one who answers', 'Nobody', 'Somebody', 'You'])} ${pick(['owes us', 'has to bring', 'gets', 'pays for', 'may not see', 'must hear about', 'agrees to'])} ${something()}`
    return `${pick(['It is on you to', 'It falls to you to', 'You would do well to', 'Nobody minds if you', 'The best thing is to', 'Somebody has to', 'We count on you to', 'Time to', 'No need to'])} ${deed()}`
  }
  return Array.from({ length: count }, sentence)
}
