import type { ReactNode } from 'react'

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-n6 bg-n2 px-1 font-mono text-[11px] text-n11">
      {children}
    </kbd>
  )
}
