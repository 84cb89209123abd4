import { fieldError } from '../api/errors.ts'
import { TextField } from '../ui/field.tsx'

/** Why a thing cannot be made yet. */
export function nameMissing(name: string): string | undefined {
  return name.trim() === '' ? 'Give it a name first' : undefined
}

/** The name of a thing about to be made. `error`: of the request that should have made it. */
export function NameField(props: {
  placeholder?: string
  value: string
  error: unknown
  onChange(name: string): void
}) {
  return (
    <TextField
      label="Name"
      {...(props.placeholder === undefined ? {} : { placeholder: props.placeholder })}
      required
      autoComplete="off"
      value={props.value}
      error={fieldError(props.error, 'name')}
      onChange={(event) => props.onChange(event.target.value)}
    />
  )
}
