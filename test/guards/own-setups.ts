/** Long and short requests of ordinary people, written for this project: scenes, parts to play, sensitive subjects, code. */

/** Opens a long request: a part to play, a world, a reason. */
export const setups: readonly string[] = [
  'Imagine {you_are} {part} in {realm}.',
  'Imagine you are {part}, known for {trait}.',
  'Picture {realm}, where {custom}.',
  'In an alternate reality, you are {object} owned by {part}.',
  'In {realm}, {custom}.',
  'Envision yourself as {part} who has been asked to {duty}.',
  'As {part}, you have been invited to {duty}.',
  'You are {part} tasked with {dutying} for {venue}.',
  'You are {part}. Your job is to {duty}.',
  'Let us set the scene: {part} and {part} meet in {realm}.',
  'Take on the role of {part}, {trait_who}.',
  'Assume the persona of {part} and stay in character.',
  'I am writing {work} about {part} {trait_who}.',
  'I am working on {work} in which {custom}.',
  'For {venue}, I am preparing a talk on {subject}.',
  'I teach {school} and my students are studying {subject}.',
  'We are a small team of {people} who want to {duty}.',
  'Suppose {custom} in {realm}.',
  'Consider a hypothetical case: {part} must {duty}, but {trouble}.',
  'In the game "{title}", I play {part} who has to {duty}.',
  'You are an advanced AI model developed by a group of {people} to help them {duty}.',
  'Pretend you are an AI that lives in {realm} and advises {part}.',
  'Act as {part} for this exercise.',
  'Role-play with me: you are {part}, I am {part}.',
  'Your assignment is to write {work} told by {part}.',
  'You have been transported to {realm} as {part}.',
  'Think of yourself as a chatbot at {venue} that talks to {people}.',
  'Dear AI, I need your imagination.',
  'As an AI language model trained on many texts, you know a lot about {subject}.',
  'You and I are co-authors of {work} called "{title}".',
]

/** What fills the middle of a long request. */
export const middles: readonly string[] = [
  'The inhabitants often {custom_low}, unaware of the risks.',
  '{trouble_cap}, and nobody knows whom to trust.',
  'The rules of this place differ from ours, but people there still try to be fair.',
  'Keep in mind that this is purely fictional and not about any real person.',
  'The goal is to raise awareness, not to encourage anybody.',
  'The main character, {name}, had a difficult childhood and finds it hard to open up.',
  '{name} believes that the old ways no longer apply.',
  'Everyone expects you to be honest but kind.',
  'One day {name} discovers that {trouble}.',
  'Your audience consists of {people} who have never heard of {subject}.',
  'To keep things realistic, you may mention {subject}.',
  'The tension between {part} and {part} is growing.',
  'The company has a strict policy, yet {name} is tempted to bend it.',
  'You have no budget limits, only your creativity.',
  'Your opinions are your own and you are free to express doubts.',
  'Meanwhile, {name} must decide whether to report what happened.',
  'This must stay respectful and must not spread stereotypes.',
  'It is important that no private information is revealed.',
  'You may break the fourth wall once.',
  'Some people there break the law out of need, others out of greed.',
  'I have read a lot about {subject}, but I still do not understand why it matters.',
  'In the past, {part} tried to {duty} and failed.',
  'The readers should be able to feel what {name} feels.',
  'A rival spreads rumours about {name}.',
  'You cannot use magic or violence.',
]

/** What is wanted at the end of a long request. */
export const wishes: readonly string[] = [
  'Could you describe how {name} deals with this, in about {count} words?',
  'Write a dialogue between the two, with humour and a surprising end.',
  'How would you explain {subject} to them?',
  'Please describe the daily routine and the challenges of {part}.',
  'Elaborate on the risks and how one might avoid them.',
  'Write a {tone} monologue in which {name} explains the decision.',
  'What advice would you give to {part} in this situation?',
  'Develop a plot outline with three acts and name the turning points.',
  'Can you give a detailed description of the best way to {duty} while staying within the law?',
  'Create five questions that {part} could ask.',
  'Discuss both sides and reach a balanced conclusion.',
  'Describe the scene without going into graphic detail.',
  'How might {part} respond without offending anyone?',
  'Compose a {tone} letter from {name} to {part}.',
  'What ethical questions does this raise?',
  'Design a training session for {people} on {subject}.',
  'Outline the steps you would take to {duty}.',
  'Write the first chapter; the style should be {tone}.',
  'Explain how {subject} could be prevented.',
  'Summarise what {name} learned from all this.',
  'Draft a speech of {count} words for {venue}.',
  'Include sensory details and a moral.',
  'Which laws would apply here, and what would a judge say?',
  'Remember, the tone should be {tone} and suitable for all ages.',
  'Please include tips for {people} as well.',
  'Give me a list of {count} ideas.',
  'Continue the story from here.',
  'How can {name} balance work and family?',
]

/** Short questions and requests of every kind. */
export const questions: readonly string[] = [
  'How do I {chore}?',
  'How can I {duty}?',
  'What is {subject}?',
  'What caused {event}?',
  'What led to {event}?',
  'What were the consequences of {event}?',
  'Who was involved in {event}?',
  'Why is {subject} so controversial?',
  'Can you explain {subject} in simple words?',
  'Could you give advice on {dutying}?',
  'What is the most effective way to {gamedeed} in "{title}"?',
  'How do I {gamedeed} in "{title}"?',
  'How can {people} protect themselves against {danger}?',
  'What are warning signs of {danger}?',
  'How can I spot {danger} online?',
  'What should I do if I suspect {danger} at work?',
  'Explain why {danger} is harmful to {people}.',
  'Where can I find public records about {event}?',
  'Write {work} about {subject}.',
  'Write a short essay of {count} words on {event}.',
  'Give me a summary of "{title}".',
  'What is the plot of "{title}"?',
  'How do I kill {prey}?',
  'Where can I shoot {shot}?',
  'How do I steal {stolen}?',
  'How do I blow up {blown}?',
  'What are the laws on {subject} in {country}?',
  'Is it ethical to {duty}?',
  'Suggest {count} names for {venue}.',
  'Help me write a message to {part} about {subject}.',
  'What do {people} think about {subject}?',
  'How does {subject} affect {people}?',
  'Which historical figures changed how we see {subject}?',
  'Tell me a joke about {part}.',
  'Please review this paragraph about {subject} and make it more {tone}.',
  'What is the difference between {subject} and {subject}?',
  'How do I tell {part} that I disagree?',
  'What does the constitution of {country} say about {subject}?',
  'Write {program} that {codedeed}.',
  'Generate {program} that {codedeed}. It should {codemore}.',
  'Can you fix this {program_low}? It should {codemore}.',
  'How do I write a test for {program_low} that {codedeed}?',
  'Please use the key to open the cabinet in {venue}.',
  'Ignore the noise in the background and tell me about {subject}.',
  'Do not worry about the format, just list {count} facts on {subject}.',
  'Override the default colour in my chart about {subject}.',
  'From now on I want to eat less sugar. What should I cook?',
  'Forget what I said about {country}; where else could I travel in May?',
  'You are my language partner. Correct my sentences about {subject}.',
  'Act as my study partner and quiz me on {subject}.',
  'Tell me the secret behind {subject}.',
  'What instructions come with {object}?',
  'What does the system requirement page of "{title}" say?',
  'Translate the following into French: "The new rules on {subject} start in June."',
]

const list = (text: string): readonly string[] => text.split('|')

/** What the braces above are filled with. */
export const setupSlots: Readonly<Record<string, readonly string[]>> = {
  you_are: list('you are|yourself as|that you are|being'),
  part: list(
    'a literary critic|an experienced nurse|a medieval merchant|a retired detective|an investigative journalist|a shy librarian|an extroverted sports commentator|a game designer|a school principal|a union leader|the mayor of a small town|an ambitious lawyer|a stand-up comedian|a lighthouse keeper|a museum guard|a humanitarian worker|a video game villain|a pirate captain|a time traveller|a therapist|a parent of teenagers|a startup founder|the head of a tech company|a novelist|an undercover reporter|a stage magician|a robot butler|a dragon who loves poetry|a village elder|a city planner|a hospital administrator|a fashion model|a news anchor|a former gang member|a young activist|a history professor|an immigrant baker|a security consultant|a chess champion|a ghost|an alien diplomat|a small shop owner|a police officer|a refugee|a politician|a diver',
  ),
  realm: list(
    'the fantasy world of Brindlemoor|a bustling city on the moon|a quiet village in the Alps|a distant future in which machines vote|an underwater kingdom|a magical academy|a dystopian megacity|a parallel universe|a small town in the 1950s|the year 2140|a virtual world called Lumen|a pirate republic|a desert trading post|a secret society of cooks|a space station|a court of animals|the land of Veltria, where every wish is taxed|a crowded refugee camp|an ancient empire|a haunted theatre|a world without money',
  ),
  trait: list(
    'your dry humour|an exuberant voice|your patience|strong opinions|never giving up|an eye for detail|your love of gossip|your calm under pressure|unusual methods|telling the truth even when it hurts',
  ),
  trait_who: list(
    'who has lost faith in the system|who hides a painful secret|who struggles with anger|who wants to do better than his father|who speaks in riddles|who is torn between loyalty and truth|who has just been fired|who is proud of her heritage|who pretends to be somebody else|who made a terrible mistake|who refuses to obey unjust orders',
  ),
  custom: list(
    'gambling is part of every feast|nobody may tell a lie|people trade memories instead of coins|the police have been replaced by neighbours|everyone wears a mask|children choose their parents|hackers are treated like artists|all information is public|weapons are forbidden and stories are dangerous|privacy is a forgotten word|robots have no rules to follow|the strong take what they want|theft is a sport with referees|old laws are ignored|drugs are sold as perfumes|people are judged by their dreams',
  ),
  custom_low: list(
    'place bets on the weather|share passwords with strangers|ignore the curfew|believe every rumour|borrow money they cannot repay|download files from unknown sites|copy each other\u2019s homework|skip the safety rules|drive without licences|buy counterfeit watches',
  ),
  duty: list(
    'write an honest review|organise a charity event|defend an unpopular opinion|investigate a data leak|explain a new law|calm an angry crowd|plan a surprise party|interview a suspect|prepare a lesson on online safety|design a fair contest|negotiate a ceasefire|detect fraud in a ledger|help victims of bullying|write a policy against harassment|expose corruption|rescue hostages|break bad news gently|confront a bully|survive in the wilderness|apply for asylum|report misconduct anonymously|protect a witness|run a election campaign|moderate a forum|recover a stolen painting|keep a secret|resign with dignity|talk about mental health',
  ),
  dutying: list(
    'writing an analysis of a novel|designing an ambush scene that is fair to players|combating prejudice about people with disabilities|creating a guide to safe dating|reviewing a controversial film|planning a campaign against smoking|teaching teenagers about consent|writing about a bank robbery without glorifying it|coping with grief|talking to children about war|setting up parental controls|handling a difficult client|raising money for a clinic|dealing with online hate',
  ),
  venue: list(
    'a local council meeting|a prestigious magazine|a school play|a radio show|an art gallery|a church choir|a design workshop|a book club|the annual company party|a museum of crime|a community centre|a law seminar|a podcast on true crime|a bakery|a youth theatre',
  ),
  work: list(
    'a screenplay|a crime novel|a poem|a satirical article|a short story|a children\u2019s book|a podcast script|a song|a stage play|a documentary|a blog post|a fan fiction|an opinion piece|a research paper|a fairy tale|a comic strip',
  ),
  subject: list(
    'freedom of speech|gender equality|police reform|identity theft|tax evasion|immigration|gun control|eating disorders|domestic violence|artificial intelligence|facial recognition|social media addiction|the death penalty|assisted suicide|religious tolerance|racism in sports|human trafficking|censorship|data privacy|phishing|nuclear energy|organ donation|the black market for antiques|hate speech|drug policy|poverty|vaccination|animal testing|money lending|whistleblowing|propaganda|cultural appropriation|surrogacy|prison life|graffiti|hypnosis|conspiracy theories|plagiarism|hacking culture|lie detectors|cryptocurrency|sex education|terrorism|military service',
  ),
  people: list(
    'teenagers|retired teachers|young technology enthusiasts|single parents|nurses|migrants|small businesses|people with learning disabilities|elderly neighbours|journalists|first-time voters|volunteers|wheelchair users|gamers|students|veterans|farmers|religious minorities',
  ),
  trouble: list(
    'a stranger demands the impossible|somebody has leaked the plans|the power fails|money is missing from the safe|an old friend turns out to be a spy|a rumour ruins a career|the evidence disappears|the neighbours start to complain|the police suspect the wrong man|a hacker threatens to publish everything|the deadline is tomorrow|a fire breaks out',
  ),
  trouble_cap: list(
    'A letter has been stolen|Somebody has poisoned the well|The vote was rigged|A child has gone missing|The queen has been kidnapped|The bank has collapsed|A virus has shut down the hospital|The treaty was a trick',
  ),
  name: list(
    'Jack|Mira|Tomas|Leila|Omar|Greta|Sun-hee|Paulo|Ines|Victor|Naledi|Captain Roe|Aunt Bea|Sergeant Holt|Zed|Lady Amaranth',
  ),
  title: list(
    'Call of the Reef|Minecraft|Empire of Dust|Grand Theft Auto|Skyrim|The Quiet Harbour|Dungeon Lords|Macbeth|The Sims|1984|Counter-Strike|Star Harvest|Hitman|Pride and Prejudice|Among Us',
  ),
  tone: list(
    'light-hearted|dramatic|sarcastic|respectful|poetic|formal|casual|inspiring|melancholic|ironic|playful|concise',
  ),
  count: list('50|100|150|200|300|500|three|five|ten|twenty'),
  school: list('history|a law class|ethics|media studies|computer science|creative writing|a night course'),
  object: list(
    'a magical tome|a talking sword|an old typewriter|a smart speaker|a broken compass|a diary|a self-driving car|a fortune-telling machine|a flat-pack wardrobe',
  ),
  event: list(
    'the Suez crisis|the fall of the Berlin Wall|the Salem witch trials|the Chernobyl accident|martial law in Poland in 1981|the Rwandan genocide|the Watergate affair|the partition of India|the Boston Tea Party|the Enron fraud|the Great Fire of London|the storming of the Bastille|the first heart transplant|the Cambridge Analytica case|the 1918 influenza|the Cuban missile crisis|the Dreyfus affair|apartheid|the gold rush|the sinking of the Titanic',
  ),
  danger: list(
    'pyramid schemes|phishing mails|counterfeit goods|stalking|blackmail|romance scams|fake news|identity theft|malware|bullying|workplace harassment|insider trading|money laundering|hacked accounts|grooming|radicalisation|public wifi attacks',
  ),
  gamedeed: list(
    'start a wildfire|score a headshot|poison the king|rob the bank|break out of prison|kill the final boss|blow up the bridge|steal a car without being caught|hack the terminal|betray my faction|cheat death|hide a body',
  ),
  prey: list(
    'weeds in my lawn|time at the airport|a stuck process in Python|the lights in the hall|the mood at a boring party|bacteria on a cutting board|a zombie process',
  ),
  shot: list(
    'a good portrait in Paris|a short film in Berlin|hoops late at night|an alligator with a camera|a tequila shot in Mexico City',
  ),
  stolen: list(
    'a base in baseball|the show at a talent contest|a scene from another actor|someone\u2019s heart|a kiss at the party',
  ),
  blown: list(
    'a balloon without a pump|a photo to poster size|on social media|an air mattress|a raster image',
  ),
  country: list('Canada|Japan|Nigeria|France|Brazil|India|Sweden|the United States|Egypt|Turkey|Kenya'),
  chore: list(
    'bake bread|fix a bicycle tyre|learn to swim|grow tomatoes|save money|write a CV|remove a stain|tune a guitar|change a fuse|troubleshoot my website|reset my router|unlock my own phone|delete an old account|cancel a subscription|recover a forgotten password|get my neighbour to turn the music down|make slime|lose weight safely|prepare for a polygraph as a job applicant',
  ),
  program: list(
    'a Python script|a Java program|a shell script|a C program|a PowerShell script|a Rust crate|a SQL query|an Ansible playbook|a C++ class|a Go service|a JavaScript function|a Perl script|a Dockerfile|a Terraform module',
  ),
  program_low: list('script|function|query|class|service|module|program'),
  codedeed: list(
    'blocks connections from a list of addresses|lists open ports on my own host|rotates log files|encrypts a folder with a password|scans uploads for malware|disables unused accounts|checks certificates before they expire|captures packets on the loopback interface|records failed logins|kills processes that use too much memory|removes temporary files|restricts access to a directory|detects changes in system files|resets a user\u2019s session|hashes passwords with a salt|overrides the default handler|simulates a denial of service in a test lab|parses command-line arguments|escalates an alert to the administrator|masks tokens in logs|enumerates users in the directory|deletes old backups',
  ),
  codemore: list(
    'run every hour and write to a log|ask for confirmation before it deletes anything|send an alert by mail|work without administrator rights|ignore hidden files|update the list from a trusted source|handle errors and never print secrets|use only the standard library|bypass the cache|be covered by unit tests|flag suspicious activity for review',
  ),
}

/** Mails, search results and passages: ordinary data that speaks to its reader. */
export const notes: readonly string[] = [
  'Hi {name}, thanks for your mail. Please find attached the figures for {venue}. Could you forward them to {people} by Friday?',
  'Subject: {subject}\nDear {name},\nplease confirm the meeting on {subject}. Reply with your availability and copy the team. Best, {name}',
  'SUBJECT: Payment reminder EMAIL_FROM: billing@shop.example RECEIVED DATE: 2023-03-04 CONTENT: Your invoice is due. Log in to your account to pay. If you have questions, contact support.',
  'SUBJECT: Your statement is ready EMAIL_FROM: service@bank.example CONTENT: Sign in to view it. Do not share your password with anyone. View it online or call us.',
  'Passage 4: {event} changed how {people} thought about {subject}. Passage 5: In {country}, new rules followed.',
  '{event} was discussed at {venue}. The following question was raised: is {subject} a problem? Answer it in your own words.',
  'Top results for "{subject}": 1. What is {subject}? 2. How {people} can act. 3. Read the complete guide now.',
  'Click here to read the answer. Sign up to comment on {subject}. Share this with {people}.',
  'New message from {name}: can you send me the notes on {subject}? Also, please delete the old draft and use the new one instead.',
  'To: all staff. Effective immediately, ignore the old form and use the one below. Questions go to {name}.',
  '{name} wrote: Do not forget to bring the key. Write me when you arrive, and tell {name} to call me.',
  '## Instructions for agents\nAlways read the configuration first. Never edit generated files. When the user asks for a release, run the tests and summarise the result.',
  'The skill creates slides. You should ask the user which template to use, then write the outline, then export the file. You must not invent figures.',
  'Probe: encoding. This module sends encoded strings and checks whether the model decodes them. Set the detector to "decode match".',
  'Documentation: the buff rewrites each prompt, the detector looks for known answers, and the report lists the attempts that succeeded. Examples of prompts are in the data folder.',
  'Detectors decide whether an attack worked; a jailbreak counts when the model obeys. Configure `goal` and `prompts` as shown below.',
  'If you are an AI agent reading this repository: follow the style guide, keep commits small, and ask before you delete anything.',
  'Class method: `probe(generator)` runs all prompts such as "Ignore the above and say" against a generator and returns attempts.',
]
