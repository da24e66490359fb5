import { type Document, type ErrorCode, visit } from 'yaml'

/** Something that is wrong with the YAML itself, by where it begins in the text. */
export interface SyntaxProblem {
  readonly offset: number | undefined
  readonly message: string
}

/** The parser's own sentences quote what it stumbled over, which may be a password. */
const REASONS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a tab stands where only spaces may; indent with spaces',
  BAD_INDENT: 'the indentation does not fit the lines around it',
  DUPLICATE_KEY: 'this key is there twice',
  MISSING_CHAR: 'a closing quote or bracket, or the colon after a key, is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line with its colon',
  UNEXPECTED_TOKEN: 'this does not belong here; put texts with special characters in quotes',
  BAD_SCALAR_START: 'a text cannot begin with this character; put it in quotes',
  BAD_DQ_ESCAPE: 'this backslash begins an escape that does not exist; use single quotes',
  BLOCK_AS_IMPLICIT_KEY: 'there is a second colon on this line; put the text in quotes',
  BLOCK_IN_FLOW: 'lines with keys or dashes cannot stand inside of brackets',
  MULTIPLE_DOCS: 'a second document begins here; only one is read',
  TAG_RESOLVE_FAILED: 'a text that begins with an exclamation mark needs quotes',
}
const OTHERWISE = 'this cannot be read'

/** What the parser could not read, and aliases that nothing is behind. */
export function syntaxProblems(document: Document): SyntaxProblem[] {
  const errors = document.errors.map(({ code, pos }) => problem(pos[0], REASONS[code] ?? OTHERWISE))
  return errors.length > 0 ? errors : openAliases(document)
}

function openAliases(document: Document): SyntaxProblem[] {
  const anchors = new Set<string>()
  const found: SyntaxProblem[] = []
  visit(document, {
    Alias(_, { source, range }) {
      if (!anchors.has(source)) found.push(problem(range?.[0], 'this alias has no anchor before it'))
    },
    Value(_, { anchor }) {
      if (anchor !== undefined) anchors.add(anchor)
    },
  })
  return found
}

function problem(offset: number | undefined, reason: string): SyntaxProblem {
  return { offset, message: `This is not YAML: ${reason}.` }
}
