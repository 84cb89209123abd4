import { Command } from 'cmdk'
import { Check, ChevronDown } from 'lucide-react'
import { Popover } from 'radix-ui'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { cx } from './cx.ts'

export type PickerOption = { value: string; label: string; hint?: string; icon?: ReactNode }

/** Chooses one or several from a searchable list. Reads as a word in a sentence: its button shows what is chosen. */
export function Picker(props: {
  label: string
  placeholder: string
  options: readonly PickerOption[]
  value: readonly string[]
  many?: boolean
  onChange(value: string[]): void
}) {
  const [open, setOpen] = useState(false)
  const chosen = props.options.filter((option) => props.value.includes(option.value))
  const words =
    chosen.length === 0
      ? props.placeholder
      : chosen.length <= 3
        ? chosen.map((option) => option.label).join(', ')
        : `${chosen
            .slice(0, 2)
            .map((option) => option.label)
            .join(', ')} and ${chosen.length - 2} more`
  const choose = (value: string) => {
    if (props.many === true) {
      props.onChange(
        props.value.includes(value)
          ? props.value.filter((other) => other !== value)
          : [...props.value, value],
      )
      return
    }
    props.onChange([value])
    setOpen(false)
  }
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        aria-label={`${props.label}: ${words}`}
        className={cx(
          'inline-flex h-8 max-w-full items-center gap-1.5 rounded border px-2.5 text-13 transition-colors duration-120 hover:border-n9',
          chosen.length === 0 ? 'border-dashed border-n8 text-n11' : 'border-n8 bg-raised font-medium',
        )}
      >
        <span className="truncate">{words}</span>
        <ChevronDown className="size-3.5 shrink-0 text-n10" aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 w-72 data-open:animate-rise rounded bg-raised shadow-float"
        >
          <Command
            label={props.label}
            className="grid"
            onKeyDown={(event) => {
              // Tab ends choosing and gives the focus back to the button, where the next Tab goes on.
              if (event.key !== 'Tab') return
              event.preventDefault()
              setOpen(false)
            }}
          >
            <Command.Input
              placeholder="Search"
              className="h-9 w-full rounded-t border-b border-n5 bg-transparent px-3 text-13 outline-none"
            />
            <Command.List className="max-h-64 overflow-y-auto p-1">
              <Command.Empty className="px-2 py-6 text-center text-13 text-n11">Nothing fits.</Command.Empty>
              {props.options.map((option) => (
                <Command.Item
                  key={option.value}
                  value={`${option.label} ${option.value}`}
                  onSelect={() => choose(option.value)}
                  className="flex min-h-8 cursor-pointer items-center gap-2 rounded-sm px-2 py-1 text-13 aria-selected:bg-n4"
                >
                  {option.icon}
                  <span className="min-w-0 flex-1 truncate">
                    {option.label}
                    {option.hint !== undefined && (
                      <span className="ml-2 text-12 text-n11">{option.hint}</span>
                    )}
                  </span>
                  {props.value.includes(option.value) && (
                    <Check className="size-4 shrink-0 text-accent" aria-label="chosen" />
                  )}
                </Command.Item>
              ))}
            </Command.List>
          </Command>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
