import { useState } from 'react'
import type { JsonObject, JsonValue } from '../lib/json.ts'
import type { SchemaField } from '../lib/schema-fields.ts'
import { CheckField } from '../ui/choice.tsx'
import { SelectField, TextArea, TextField } from '../ui/field.tsx'

type FieldProps = {
  field: SchemaField
  value: JsonValue | undefined
  onChange(value: JsonValue | undefined): void
}

function NumberInput({ field, value, onChange }: FieldProps) {
  const [text, setText] = useState(value === undefined ? '' : String(value))
  const wrong = text !== '' && Number.isNaN(Number(text))
  return (
    <TextField
      label={field.name}
      mono
      optional={!field.isRequired}
      hint={field.description}
      inputMode={field.isWhole ? 'numeric' : 'decimal'}
      value={text}
      error={wrong ? 'This is not a number.' : undefined}
      onChange={(event) => {
        setText(event.target.value)
        const number = Number(event.target.value)
        if (event.target.value.trim() === '') onChange(undefined)
        else if (!Number.isNaN(number)) onChange(number)
      }}
    />
  )
}

function JsonInput({ field, value, onChange }: FieldProps) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value))
  const [wrong, setWrong] = useState(false)
  return (
    <TextArea
      label={`${field.name} (JSON)`}
      mono
      rows={2}
      optional={!field.isRequired}
      hint={field.description}
      value={text}
      error={wrong ? 'This is not JSON yet.' : undefined}
      onChange={(event) => {
        setText(event.target.value)
        try {
          onChange(event.target.value.trim() === '' ? undefined : JSON.parse(event.target.value))
          setWrong(false)
        } catch {
          setWrong(true)
        }
      }}
    />
  )
}

function ChoiceInput({ field, value, onChange }: FieldProps) {
  const options = field.options.map((option) => ({ value: JSON.stringify(option), label: String(option) }))
  return (
    <SelectField
      label={field.name}
      hint={field.description}
      value={value === undefined ? '' : JSON.stringify(value)}
      options={field.isRequired ? options : [{ value: '', label: 'Not given' }, ...options]}
      onChange={(event) => onChange(event.target.value === '' ? undefined : JSON.parse(event.target.value))}
    />
  )
}

function ArgumentField({ field, value, onChange }: FieldProps) {
  if (field.kind === 'number') return <NumberInput field={field} value={value} onChange={onChange} />
  if (field.kind === 'json') return <JsonInput field={field} value={value} onChange={onChange} />
  if (field.kind === 'choice') return <ChoiceInput field={field} value={value} onChange={onChange} />
  if (field.kind === 'boolean') {
    return (
      <CheckField label={field.name} hint={field.description} checked={value === true} onChange={onChange} />
    )
  }
  if (field.kind === 'texts') {
    return (
      <TextArea
        label={`${field.name} (one per line)`}
        mono
        rows={3}
        optional={!field.isRequired}
        hint={field.description}
        value={Array.isArray(value) ? value.join('\n') : ''}
        onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value.split('\n'))}
      />
    )
  }
  return (
    <TextField
      label={field.name}
      mono
      optional={!field.isRequired}
      hint={field.description}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) =>
        onChange(event.target.value === '' && !field.isRequired ? undefined : event.target.value)
      }
    />
  )
}

/** A form made from an input schema. It edits the same arguments as the JSON beside it. */
export function ArgumentsForm(props: {
  fields: readonly SchemaField[]
  value: JsonObject
  onChange(value: JsonObject): void
}) {
  if (props.fields.length === 0) return <p className="text-13 text-n11">This tool takes no arguments.</p>
  return props.fields.map((field) => (
    <ArgumentField
      key={field.name}
      field={field}
      value={props.value[field.name]}
      onChange={(value) => {
        const { [field.name]: _old, ...rest } = props.value
        props.onChange(value === undefined ? rest : { ...props.value, [field.name]: value })
      }}
    />
  ))
}
