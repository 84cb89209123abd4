import { Link } from '@tanstack/react-router'
import { Tabs } from 'radix-ui'
import { clientSnippets } from '../lib/client-snippets.ts'
import { paths } from '../paths.ts'
import { buttonClass } from '../ui/button.tsx'
import { Code } from '../ui/code.tsx'
import { CopyLine } from '../ui/copy.tsx'

/** The MCP address of something, and what to paste into each client. */
export function AddToClient({ url, name }: { url: string; name: string }) {
  const snippets = clientSnippets(url, name)
  return (
    <div className="grid min-w-0 gap-3">
      <CopyLine text={url} label="Copy MCP URL" />
      <Tabs.Root defaultValue="claude-code" className="grid min-w-0 gap-3">
        <Tabs.List aria-label="Client" className="flex gap-4 overflow-x-auto border-b border-n5">
          {snippets.map((snippet) => (
            <Tabs.Trigger
              key={snippet.id}
              value={snippet.id}
              className="-mb-px h-8 shrink-0 border-b-2 border-transparent text-13 whitespace-nowrap text-n11 hover:text-n12 data-[state=active]:border-n12 data-[state=active]:font-medium data-[state=active]:text-n12"
            >
              {snippet.client}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {snippets.map((snippet) => (
          <Tabs.Content key={snippet.id} value={snippet.id} className="grid min-w-0 gap-2">
            <div className="flex flex-wrap items-center justify-between gap-2">
              <p className="text-13 text-n11">{snippet.how}</p>
              {snippet.link !== undefined && (
                <a className={buttonClass('plain', 'small')} href={snippet.link.href}>
                  {snippet.link.label}
                </a>
              )}
            </div>
            <Code text={snippet.text} label={`${snippet.client} configuration`} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
      <p className="text-12 text-n11">
        Replace <code className="font-mono">rl_YOUR_KEY</code> with{' '}
        <Link {...paths.keys()} className="text-accent underline underline-offset-2">
          one of your API keys
        </Link>
        . What each person sees there depends on the policies.
      </p>
    </div>
  )
}
