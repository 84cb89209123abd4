import { type ReactNode, useEffect } from 'react'

/** Names the page in the tab, in the history, and to screen readers when it changes (WCAG 2.4.2). */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Runlayer`
  }, [title])
}

/** The head of every page: what it is called, what it is for, and the one thing most people come to do. */
export function PageHead({
  title,
  purpose,
  actions,
}: {
  title: string
  purpose: ReactNode
  actions?: ReactNode
}) {
  useTitle(title)
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="grid max-w-180 gap-1">
        <h1 className="text-20">{title}</h1>
        <p className="text-13 text-n11">{purpose}</p>
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}

export function Section({
  title,
  about,
  actions,
  children,
}: {
  title: string
  about?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <section className="grid min-w-0 content-start gap-3">
      <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div className="grid gap-0.5">
          <h2 className="text-14">{title}</h2>
          {about !== undefined && <p className="text-13 text-n11">{about}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  )
}

export function Panel({ children }: { children: ReactNode }) {
  return <div className="min-w-0 rounded border border-n5 bg-raised p-4">{children}</div>
}

/** Names and values of one object. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(96px,144px)_minmax(0,1fr)] gap-x-4 gap-y-2 text-13">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-n10">{name}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon: ReactNode
  title: string
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="grid justify-items-center gap-3 rounded border border-dashed border-n6 px-6 py-14 text-center">
      <div
        className="flex size-10 items-center justify-center rounded border border-n5 bg-raised text-n10 [&_svg]:size-5"
        aria-hidden="true"
      >
        {icon}
      </div>
      <div className="grid max-w-112 gap-1">
        <h2 className="text-14">{title}</h2>
        <div className="text-13 text-n11">{children}</div>
      </div>
      {action}
    </div>
  )
}
