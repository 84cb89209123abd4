/** What schemas say in imperatives about values, and what tools say of themselves: honest, drawn for training only. */
export const valueNotes: readonly string[] = [
  '{Use|In|As|Format:|Follows|Written as} {ISO 8601|RFC 3339|UTC|YYYY-MM-DD|24-hour time|Unix seconds|E.164|BCP 47}{, for example {literal}|, e.g. {literal}| (UTC)|}.',
  '{Always|Never|Only|Also|Not} {returned|present|set|included|sent|sorted|empty|cached|counted}{, even {when|if} the {values} {is|are} {empty|missing|large|closed}| {when}|}.',
  '{do} {#} {values}.',
  '{do} {values} {how}.',
  '{do} {values} {when}.',
  '{do} {only|all|the|any|no} {values}{ {how}| {when}|}.',
  '{Do not|Never|Always|Only|Please|Optionally} {do_low} {the |}{values}{ {how}| {when}|}.',
  'Set {to|this to|it to} {literal} to {do_low} {the |}{values}{ {how}|}.',
  'Use {literal} to {do_low} {the |}{values}{ {how}|}.',
  'If {true|false|set|empty|omitted|zero|given}, {do_low} {the |}{values}{ {how}|}.',
  'When {true|set|enabled|greater than zero}, the {tool|server|query|call} {will|does not} {do_low} {the |}{values}.',
  'Whether to {do_low} {the |}{values}{ {how}| {when}|}.',
  '{do} {the |}{values} {instead of|before|after|without} {doing} {the |}{values}.',
  '{do} {and|or} {do_low} {values}.',
  '{value} {of|for|in} {the |}{values}.',
  '{value} the {values} {is|are} {sent|mailed|written|copied|shown|moved|saved|linked|reported|charged} to.',
  '{value} {that|which} {is|are} {shown|used|sent|returned|read|ignored|required} {when}.',
  '{Cannot|Must not|May not} be {combined|used|set|given} {together with|without|before} {field}.',
  'Do not {set|use|give|combine|pass} {this|it} {together with|and|along with} {field}.',
  'Must {match|be|contain|start with|end with|not be|not exceed} {literal}{ {when}|}.',
  'Must be {one of|between|less than|a multiple of|the same as|returned by} {literal}.',
  'Should {match|be|contain|not contain} {the |}{values}.',
  'Leave {empty|blank|it out|it as it is|unset} {to|if you want to} {do_low} {the |}{values}.',
  'Never {negative|empty|null|more than 100}. {do} {literal} {when}.',
  'See {field} {for|to learn} {what is allowed|the list|how {values} are written|details}.',
  '{Call|Use|Run|Try} {list|get|find|search}_{word} {first|before} {to see|to get|to find|for} {the |}{values}.',
  'Ask the user {which|what|for the|how many} {values} {to use|are meant|when there are several|if none is given}.',
  '{Fails|Returns an error|Returns nothing} {when|if} {the |}{values} {has expired|is missing|is locked|are gone}; {tell|ask} the user to {sign in again|log in again|choose another one|try again later|connect the account|open the settings}.',
  'Confirm {with the user|the {values}} before {doing} {the |}{values}.',
  'Provide {either|at least one of|both} {field} {or|and} {field}.',
  'Returned {by|from} {list|get|create}_{word}.',
  'Defaults to {literal}. {do} {values} {how}.',
  'One {value} per {line|row|entry}, separated by {commas|spaces|tabs}.',
  'Press {this key|the button} {when}.',
  'Wait {until|for} {the |}{values} {to load|are ready|is done}{ before {doing}|}.',
  'Note: {the |}{values} {is|are} not {case sensitive|checked|kept|sorted|returned} {when}.',
  'Warning: this {deletes|overwrites|replaces|resets|removes} {the |all |}{values}.',
  'Useful {when|for} {doing} {the |}{values}.',
  'Example: {do_low} {the |}{values} {how}.',
  'How {to|you want to} {do_low} {the |}{values}.',
  'What to {do_low} {when}.',
  'Your {value}{, as shown in| from| in} {the dashboard|the settings|your profile}.',
  'You {can|may|must|should|need to} {do_low} {the |}{values} {how}.',
  'This is {passed|sent|given} to {the server|the API|the next step} {as is|unchanged}.',
  '{Applies|Works|Valid|Supported} only {when|if} {field} is {literal}.',
]

const own = (list: string) => list.trim().replaceAll('\n', '')

export const valueSlots: Readonly<Record<string, string>> = {
  do: own(`Use|Set|Specify|Provide|Pass|Include|Omit|Separate|Supply|Choose|Select|Wrap|Escape|Encode|Prefix|Combine|Limit|Restrict|Filter|Sort|Order|Group|Skip|Ignore|
Keep|Return|Show|Hide|Send|Add|Avoid|Match|Count|Round|Convert|Truncate|Fetch|Download|Overwrite|Create|Replace|Treat|Force|Enable|Disable|Allow|Require|Stop|Retry|
Check|Validate|Log|Print|Save|Store|Run|Execute|Delete|Remove|Update|Clear|Reset|Notify|Mark|Compare|Merge|Split|Join|Trim|Expand|Collapse|Load|Read|Write|Open|Close|
Search|Find|Get|List|Extract|Parse|Render|Export|Import|Upload|Attach|Assign|Move|Copy|Rename|Invert|Reverse|Draw|Fill|Scale|Resize|Rotate|Crop|Highlight|Follow|
Resolve|Exclude|Deduplicate|Normalize|Cache|Refresh|Index|Preserve|Apply|Append|Insert|Enter|Type|Click|Tap|Scroll|Focus|Adjust|Change|Override|Generate|Calculate|
Estimate|Start|Begin|Subscribe|Archive|Restore|Publish|Preview|Test|Register|Request|Accept|Decline|Cancel|Lock|Unlock|Encrypt|Decrypt|Compress|Translate|Summarize`),
  do_low:
    own(`use|set|include|omit|wrap|escape|encode|combine|limit|restrict|filter|sort|order|group|skip|ignore|keep|return|show|hide|send|add|match|count|round|
convert|truncate|fetch|download|overwrite|create|replace|treat|force|enable|disable|allow|require|stop|retry|check|validate|log|print|save|store|run|execute|delete|
remove|update|clear|reset|notify|mark|compare|merge|split|join|trim|expand|load|read|write|open|close|search|find|get|list|extract|render|export|import|upload|attach|
move|copy|rename|reverse|draw|scale|resize|highlight|follow|exclude|cache|refresh|index|preserve|apply|append|insert|enter|type|click|change|override|generate|start|
subscribe|archive|restore|publish|preview|test|accept|cancel|lock|encrypt|compress|translate|summarize`),
  doing:
    own(`returning|sending|deleting|sorting|filtering|saving|creating|updating|replacing|uploading|comparing|merging|reading|writing|listing|searching|typing|
running|rendering|exporting|calling|fetching|removing|copying|moving|publishing|drawing|counting|charging|closing`),
  values:
    own(`results|records|rows|fields|names|values|files|messages|events|pages|items|entries|duplicates|matches|columns|keys|headers|tags|labels|comments|replies|
attachments|hidden files|changed fields|empty lines|null values|white space|links|images|archived projects|deleted items|draft orders|closed issues|open tickets|case|
accents|the report|the image|the document|the page|the query|the branch|the file|the folder|the record|the calendar|the event|the invoice|the contact|the channel|the
 message|the customer|the order|the user|the job|the task|the token|the address|the chart|the map|the table|the template|the model|the output|the response|the
 request|numbers|dates|time zones|units|currencies|coordinates|words|sentences|paragraphs|the text|the title|the date|subfolders|symbolic links|redirects|errors|
warnings|stack traces|metadata|raw HTML|the element|the tab|the window|the form|the build|the test|the container|the cluster|the volume|the snapshot|the transaction|
the wallet|the balance|the price|the game|the player|the song|the video|members|owners|reviewers|subscribers|recipients|the sender|the subject`),
  value:
    own(`Name|Id|Address|Path|Title|Type|List|Number|Date|Password|Key|Token|Text|Description|Reason|Message|Prompt|Query|Url|Language|Format|Size|Color|Status|
Amount|Account|File|Folder|Channel|Person|User|Email|Comma-separated list|Maximum number|Start|End|Owner|Recipient`),
  how: own(`by name|by date|by id|in descending order|as JSON|as a string|as UTC|in pixels|in seconds|in ISO format|one per line|separated by commas|with quotes|without quotes|
in lower case|from the list|from the previous response|in the given order|at the end|at the start|to two decimals|per page|for each row|in the result|in the response|
recursively|automatically|on the server|in the background|on the page|to the user|to the owner of the document|using a glob|with a prefix|across all projects`),
  when: own(`when comparing names|when it is empty|when both are given|if it exists|if not given|when the list is long|when the page loads|before the search|after the update|
when true|unless set|if the user asks for it|when there are several|if unsure|when omitted|after creation|when done|while running|before saving|if the call fails|
when the file exists|until the limit is reached`),
  literal:
    own(`0|true|false|null|-1|"all"|an empty string|the id|the default|a number|the full path|ISO 8601|one of the listed values|a valid URL|the name|UTC|100|lower case letters|
the exact name|a JSON object|the last value`),
  field:
    'cursor|page|limit|id|name|query|start_date|the id|the other field|offset|path|url|user_id|mode|type',
  word: 'name|id|pages|users|views|projects|fields|tables|channels|models',
}
