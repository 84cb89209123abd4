import { CopyButton } from './copy.tsx'
import { cx } from './cx.ts'
import { Reveal } from './reveal.tsx'
import { ScrollArea } from './scroll-area.tsx'

/** Text as it is, in a box that scrolls: never markup, never wider than its place. */
export function Code({ text, label, tall }: { text: string; label: string; tall?: boolean }) {
  return (
    <div className="group relative min-w-0 rounded border border-n5 bg-n2">
      <ScrollArea label={label} className={cx('rounded', tall === true ? 'max-h-140' : 'max-h-80')}>
        <pre className="p-3 pr-10 font-mono text-12 leading-[18px] whitespace-pre-wrap">
          <Reveal text={text} limit={100_000} />
        </pre>
      </ScrollArea>
      <div className="absolute top-1 right-1 rounded bg-n2">
        <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
      </div>
    </div>
  )
}
