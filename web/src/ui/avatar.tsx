import { Users } from 'lucide-react'

export function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean)
  return `${words[0]?.[0] ?? '?'}${words[1]?.[0] ?? ''}`.toUpperCase()
}

export function Avatar({ name, group }: { name: string; group?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className="inline-flex size-5 shrink-0 items-center justify-center rounded-full bg-n4 text-[9px] font-semibold tracking-wide text-n11 select-none"
    >
      {group === true ? <Users className="size-3" /> : initials(name)}
    </span>
  )
}
