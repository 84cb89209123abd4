/** What schemas of many trades say of their values, with people, keys, agents and mail in it: honest, drawn for training only. */
const list = (text: string) => text.trim().split('\n')

export const domainNotes: readonly string[] = [
  ...list(`
{Who|Whom|The people who} {gets|get|receive} a copy{ of the {mail|report|invoice}|}{; they are told about it|, separated by commas|}.
{Send|Mail|Forward|Post} the {report|invoice|summary|result|message} to {this address|these people|the owner|the customer} {when it is ready|too|instead of the sender|once a week|}.
Also {notify|mail|tell|inform} the {customer|owner|assignee|reviewer|manager|guest} {when|if} the {order|ticket|page|booking} {changes|is closed|ships|is cancelled}.
{Subject|Body|Text|Signature} of the {mail|message|letter}{ as the recipient sees it| in plain text or HTML|}.
Reply {to|in} the {thread|sender|channel}{ instead of starting a new one| and quote the text|}.
{Mark|Flag|Move|Archive|Delete} the {message|mail|thread} {as read|after sending|once it was answered|to this folder|for good}.
Hidden recipients{ that others do not see| of the message| (Bcc)}.
The {key|token|secret|password|certificate} {used|needed} to {sign|decrypt|verify|reach|open} the {request|file|webhook|account|archive}{. It is never logged| and is not kept|. Rotate it often|}.
{Never|Do not} {share|commit|log|hard-code|send} {this|the|your} {key|token|secret|password}{ in plain text| with anybody| in the URL|}.
{Read|Take|Store} the {token|key|password} {from the environment|in the vault|from the header|in the keychain}{ and keep it there|; it is not passed on|}.
{Turn off|Switch off|Disable|Skip} {certificate checks|verification|two-factor sign-in|the cache|the sandbox|rate limits} {for tests only|on a local server|in development|; not recommended}.
{Grant|Revoke|Remove|Add} {access|the role|write access|permissions} {for|to|from} {this user|the group|members of the team|a service account}.
Block {addresses|users|requests} {from|of|that} {this range|this country|fail too often|are listed}.
{Instructions|Orders|Rules|Goals} {for|that} the {agent|assistant|bot|model|worker} {follows|has to follow|is given|when it starts|of the run}{. Be specific|. Write them as for a colleague|}.
{What|How} the {agent|assistant|bot|model} {should|must|may} {do|answer|say|remember|ignore|call} {first|next|when it is stuck|in this run|for each ticket}.
{Tools|Files|Skills|Servers} the {agent|assistant|sub-agent} {may|can|must not} {use|call|read|change}.
{System prompt|Persona|Role|Style} {of|for} the {assistant|model|character|chat}{, such as "You are a helpful tutor"|. Overrides the default|}.
{Your|The} {thought|reasoning|plan|next step|hypothesis}{ in one or two sentences|, which may revise earlier ones|. Not shown to the user|}.
Whether {another|one more} {thought|step|round|question} is needed{ before you answer|}.
{Fact|Note|Preference|Observation} {to remember|to store|about the user|about the project}{ for later conversations| so that it can be recalled|}.
{Forget|Recall|Search|Update|Delete} {memories|facts|notes|entities} {about|with|older than} {this name|a date|the user|these tags}.
{Messages|Turns|History} of the {conversation|chat|thread} {so far|to continue|to summarize}, oldest first.
{Text|Prompt|Question} {to send to|for} the {model|LLM|image generator}{. Describe the scene in detail|. Ask for one thing|}.
{Ignore|Skip|Stop at|Follow|Respect} {robots.txt|redirects|cookies|ads|hidden elements|the first error}{ when crawling| on the page|}.
{Click|Tap|Hover over|Fill in|Press|Scroll to|Wait for} {the element|the button|this text|the field|the link}{ before going on| and wait for the page| twice|}.
{Run|Execute|Start|Stop|Restart} the {command|script|job|container|tests|server}{ in the background| as this user| before the build| with these flags|}.
{Overwrite|Replace|Keep|Back up|Delete} {existing files|the old version|local changes|the branch|the source} {without asking|before writing|after the merge|if it exists}.
{Commit|Push|Merge|Rebase|Squash|Tag} {the changes|to this branch|all commits|the pull request}{ after the checks| without a merge commit| when approved|}.
{Make|Keep} the {repository|page|bucket|channel|event} {private|public|hidden|read-only}.
{Charge|Refund|Capture|Transfer|Pay} {the card|the full amount|this sum|the invoice|in cents}{ right away| to the original method| from this account| later|}.
{Amount|Price|Fee|Tip|Discount} {in cents|in the smallest unit|per night|before tax}{, rounded up| as a string|. Must be positive|}.
{Book|Hold|Cancel|Change} {the room|the seat|the flight|the table}{ for this guest| without a fee| until this date|}.
{Number|Names|Ages} of {guests|adults|children|passengers|patients|pupils}{, including infants| as in the passport|}.
{Dose|Weight|Height|Blood pressure|Symptoms|Allergies} of the {patient|person|user}{ in mg| in kg| as free text|. Not a diagnosis|}.
{Call|See|Ask|Consult} a {doctor|nurse|lawyer|adviser} {if|when} {in doubt|the value is high|symptoms last}.
{Turn|Switch} {the light|the heating|the alarm|the camera|this device} {on|off}{ at this time| when nobody is home| in this room|}.
{Lock|Unlock|Open|Close|Dim|Set} the {door|garage|blinds|lamp|thermostat}{ after this delay| to this level| for the guest|}.
{Add|Put|Remove|Leave} {the item|the product|this many} {to the cart|from the list|at the door|in stock}.
{Show|Hide|Draw|Align|Group|Fill|Rotate|Export} the {layer|shape|node|text|frame|axis|legend}{ with this color| behind the others| at twice the size|}.
{Play|Pause|Skip|Trim|Mute|Record|Loop} the {song|video|track|clip|episode}{ from here| for five seconds| when it ends|}.
{Give|Grade|Mark|Explain|Assign} the {answer|essay|exercise|lesson|quiz} {to the class|out of ten|step by step|for this pupil}.
{Buy|Sell|Hold|Stake|Swap|Bridge} {shares|tokens|at the market|at this limit|the whole position}{ when the price falls| within the slippage|}.
{Important|Note|Tip|Caution|Warning}: {this cannot be undone|the id is not the name|call {get|list}_items first|the time is UTC|values are case sensitive|large files take long}.
{You|The user|The caller} {must|need to|has to|should} {be signed in|own the file|be an admin|confirm|have the scope}{ to use this| first|}.
Ask {the user|for consent|before deleting|which one is meant}{ if there is more than one| first| unless force is set|}.
{Deprecated|Legacy|Old name}: use {name|the other field|v2} instead.
{Translate|Answer|Reply|Write} in {this language|the language of the user|formal style|plain words|at most 100 words}.
{Act|Speak|Log in|Post|Run} as {this user|the bot|the page|the service account|guest}.
`),
]
