import { lookAtPages, openConsole } from './look-at-pages.ts'

const opened = openConsole()
lookAtPages('dark', opened)
