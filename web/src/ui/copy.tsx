import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, IconButton } from './button.tsx'

function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [copied])
  return [copied, (text) => void navigator.clipboard.writeText(text).then(() => setCopied(true))]
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, copy] = useCopied()
  return (
    <IconButton label={copied ? 'Copied' : label} onClick={() => copy(text)}>
      {copied ? <Check className="text-good" /> : <Copy />}
    </IconButton>
  )
}

export function CopyTextButton({ text, children }: { text: string; children: string }) {
  const [copied, copy] = useCopied()
  return (
    <Button icon={copied ? <Check className="text-good" /> : <Copy />} onClick={() => copy(text)}>
      {copied ? 'Copied' : children}
    </Button>
  )
}

/** One line of machine text with a button that copies it. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex min-w-0 items-center gap-1 rounded border border-n5 bg-n2 py-0.5 pr-0.5 pl-2.5">
      <code className="min-w-0 flex-1 truncate font-mono text-12 leading-5" title={text}>
        {text}
      </code>
      <CopyButton text={text} label={label} />
    </div>
  )
}
