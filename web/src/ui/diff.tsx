import { type DiffLine, diffLines } from '../lib/diff-lines.ts'
import { cx } from './cx.ts'
import { Reveal } from './reveal.tsx'
import { ScrollArea } from './scroll-area.tsx'

const looks: Record<DiffLine['kind'], { sign: string; look: string; word: string }> = {
  same: { sign: ' ', look: '', word: '' },
  removed: { sign: '−', look: 'bg-danger-soft', word: 'Removed: ' },
  added: { sign: '+', look: 'bg-good-soft', word: 'Added: ' },
}

/** Before and after, line by line. */
export function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  const lines = diffLines(before, after)
  return (
    <ScrollArea label={label} className="max-h-140 rounded border border-n5 bg-raised">
      <ol className="w-fit min-w-full py-1 font-mono text-12 leading-[18px]">
        {lines.map((line) => (
          <li key={line.key} className={cx('flex px-3', looks[line.kind].look)}>
            <span aria-hidden="true" className="w-5 shrink-0 text-n10 select-none">
              {looks[line.kind].sign}
            </span>
            <span className="min-w-0 flex-1 whitespace-pre-wrap">
              <span className="sr-only">{looks[line.kind].word}</span>
              <Reveal text={line.text} />
            </span>
          </li>
        ))}
      </ol>
    </ScrollArea>
  )
}
