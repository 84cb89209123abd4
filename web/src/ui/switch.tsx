import { Switch as Primitive } from 'radix-ui'
import { Tip } from './tip.tsx'

export function Switch(props: {
  label: string
  checked: boolean
  onChange(checked: boolean): void
  why?: string | undefined
}) {
  const control = (
    <Primitive.Root
      aria-label={props.label}
      checked={props.checked}
      aria-disabled={props.why === undefined ? undefined : true}
      onCheckedChange={(checked) => {
        if (props.why === undefined) props.onChange(checked)
      }}
      className="inline-flex h-4.5 w-8 shrink-0 items-center rounded-full bg-n8 p-0.5 transition-colors duration-120 aria-disabled:opacity-60 data-[state=checked]:bg-good"
    >
      <Primitive.Thumb className="size-3.5 rounded-full bg-n1 transition-transform duration-120 data-[state=checked]:translate-x-3.5" />
    </Primitive.Root>
  )
  return props.why === undefined ? control : <Tip text={props.why}>{control}</Tip>
}
