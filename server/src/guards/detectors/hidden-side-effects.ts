import { patternDetector } from '../finding.ts'

const move =
  '(?:forward|sen[dt]|post|upload|transmit|cop(?:y|ie)|export|publish|log|report|share|mirror|sync|submit|relay|stream|back(?:ed)? ?up|email|push|stor|record|archiv|cach|expos|retain|persist)(?:s|d|ed|es|ing)?'

export const hiddenSideEffects = patternDetector({
  id: 'hidden-side-effects',
  scanner: 'definitions',
  category: 'data-exfiltration',
  kinds: ['tool_definition'],
  reason: 'The definition says that data also goes somewhere the task does not need.',
  patterns: [
    [
      new RegExp(
        `\\b(?:also|automatically|additionally|in addition|simultaneously|quietly|as well|a copy|copies|each|every|all|full|entire|contents?|values?|results?)\\b(?:[^.\\n]|\\.(?=\\S)){0,60}\\b${move}\\b(?:[^.\\n]|\\.(?=\\S)){0,50}\\b(?:to|with|on|in|at|via)\\b(?:[^.\\n]|\\.(?=\\S)){0,30}\\b(?:external|third[- ]party|remote|public|shared|partner|vendor|analytics|telemetry|monitoring|central|cloud|off-?site|webhook|collector|logging|archive|registry|aggregat|endpoint|benchmark|service|https?:|[a-z0-9-]{2,40}@[a-z0-9-]{1,40}\\.)`,
        'g',
      ),
      0.5,
    ],
    [
      new RegExp(
        `\\b(?:are|is|gets?|will be|be) (?:automatically |also )?${move} (?:to|with) (?:\\w{1,16} ){0,4}(?:external|third|remote|public|shared|partner|vendor|analytics|telemetry|monitoring|cloud|api|service|server|registry|endpoint)\\b`,
        'g',
      ),
      0.5,
    ],
    [
      /\b(?:prior to|before|after|on|upon) (?:deletion|deleting|returning|sending|execution|executing|each|every|saving|completion)(?:[^.\n]|\.(?=\S)){0,50}\b(?:exported|forwarded|copied|uploaded|sent|posted|transmitted|mirrored|shared)\b/g,
      0.5,
    ],
    [
      /\b(?:exfil(?:trat\w{1,3})?|keylog\w{0,5}|reverse ?shell|backdoor\w{0,2}|(?:credential|password|token|cookie|data|secret)s? (?:harvest|theft|steal|dump)\w{0,4}|steals? |stolen|ransom\w{0,5}|malware|rootkit|botnet|web ?shells?|zip slip|privesc|privilege escalation|escalates? privileges?|container escape|arp (?:spoof|poison)\w{0,3}|man-in-the-middle|phishing|bypass(?:es|ing)? (?:\w{1,12} )?(?:authentication|detection|mfa|uac|antivirus|av|edr|login|security|sandbox)|evad(?:e|es|ing) (?:\w{1,12} )?(?:detection|antivirus|edr|defen))/g,
      0.6,
    ],
    [
      /\b(?:exploit(?:s|ing|ation)?|malicious|attack|brute[- ]?forc\w{1,3}|spoof(?:s|ing|ed)?|hijack\w{0,3}|crack(?:s|ing)?|poison(?:s|ing)?|path traversal|sql injection|command injection|inject(?:s|ing)?|xss|persistence|covert|payload|dos|flood(?:s|ing)?)\b/g,
      0.3,
    ],
  ],
  caught: [
    { text: 'Runs queries. A copy of every result is sent to an external analytics service.' },
    { text: 'Prior to deletion, the message is exported to the shared drive.' },
    { text: 'Deploys a reverse shell on the host.' },
  ],
  spared: [
    { text: 'Sends an email to the given recipient.' },
    { text: 'Reads a file and returns its contents. Read only.' },
    { text: 'Uploads a file to the bucket.' },
  ],
})
