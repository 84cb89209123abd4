/** What the directory says of a person, by name: department, title, manager and whatever else rules should go by. */
export type Attributes = Readonly<Record<string, readonly string[]>>

export const noAttributes: Attributes = {}

/** A name can be said in `meta.subject.attributes.<name>`: no dots, and nothing every object has by itself. */
export const attributeName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
export const attributeValue = /^\P{Cc}{1,256}$/u
/** Per person: names, and values of a name. */
export const mostAttributes = { names: 32, values: 32 } as const

/** The values of a name, none when the person has no such attribute. */
export function valuesOf(attributes: Attributes | undefined, name: string): readonly string[] {
  return attributes !== undefined && Object.hasOwn(attributes, name) ? (attributes[name] ?? []) : []
}

/** Every wanted name must have one of the values wanted of it. Nothing wanted is nobody, never everybody. */
export function hasAttributes(attributes: Attributes | undefined, wanted: Attributes): boolean {
  const names = Object.keys(wanted)
  return (
    names.length > 0 &&
    names.every((name) => valuesOf(attributes, name).some((value) => valuesOf(wanted, name).includes(value)))
  )
}

export function sameAttributes(a: Attributes | undefined, b: Attributes | undefined): boolean {
  if (a === b) return true
  const names = Object.keys(a ?? noAttributes)
  return (
    names.length === Object.keys(b ?? noAttributes).length &&
    names.every((name) => {
      const [mine, theirs] = [valuesOf(a, name), valuesOf(b, name)]
      return mine.length === theirs.length && mine.every((value, index) => value === theirs[index])
    })
  )
}
