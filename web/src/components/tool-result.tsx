import { isObject, type JsonObject } from '../lib/json.ts'
import { Code } from '../ui/code.tsx'
import { Note } from '../ui/note.tsx'

const pictures = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']
/** Longer text is cut here; the audit entry holds the rest. */
const limit = 50_000
/** More parts than this are left to the audit entry. */
const most = 50

function bounded(text: string): string {
  return text.length > limit ? `${text.slice(0, limit)}\n… ${text.length - limit} more characters` : text
}

const word = (value: unknown) => (typeof value === 'string' ? value : '')

function Part({ part, label }: { part: JsonObject; label: string }) {
  if (part['type'] === 'text') return <Code text={bounded(word(part['text']))} label={`${label}, text`} />
  if (part['type'] === 'image' && pictures.includes(word(part['mimeType']))) {
    return (
      <img
        src={`data:${word(part['mimeType'])};base64,${word(part['data'])}`}
        alt={`${label} of the result`}
        className="max-h-96 w-fit max-w-full rounded border border-n5"
      />
    )
  }
  return (
    <Code
      text={bounded(JSON.stringify(part, null, 2))}
      label={`${label}, ${word(part['type']) || 'unknown kind'}`}
    />
  )
}

function parts(content: unknown): { part: JsonObject; label: string }[] {
  const objects = Array.isArray(content) ? content.filter(isObject).slice(0, most) : []
  return objects.map((part, index) => ({ part, label: `Part ${index + 1}` }))
}

/** A tool's result by kind. Everything in it comes from the server, so it is shown as text and never followed. */
export function ToolResult({ result, origin }: { result: unknown; origin: string }) {
  const body = isObject(result) ? result : {}
  const content = parts(body['content'])
  return (
    <div className="grid min-w-0 gap-3">
      {body['isError'] === true && (
        <Note kind="danger" title={`${origin} reports an error`} live>
          <p>The call reached the server; the text below is its answer.</p>
        </Note>
      )}
      {content.map(({ part, label }) => (
        <Part key={label} part={part} label={label} />
      ))}
      {body['structuredContent'] !== undefined && (
        <div className="grid gap-1.5">
          <h3 className="text-13 font-medium">Structured</h3>
          <Code
            text={bounded(JSON.stringify(body['structuredContent'], null, 2))}
            label="Structured result"
          />
        </div>
      )}
      {content.length === 0 && body['structuredContent'] === undefined && (
        <Code text={bounded(JSON.stringify(result, null, 2) ?? '')} label="Result" />
      )}
      <p className="text-12 text-n11">Content from {origin}. It is shown as text.</p>
    </div>
  )
}
