import type { ReactNode } from 'react'
import { cx } from './cx.ts'

/** A named region that scrolls by itself. It takes the focus, so that a keyboard can scroll it (WCAG 2.1.1). */
export function ScrollArea(props: { label: string; className?: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it a keyboard cannot scroll the region in every browser
    <section tabIndex={0} aria-label={props.label} className={cx('overflow-auto', props.className)}>
      {props.children}
    </section>
  )
}
