/** A statement of an nftables file, or what stands between braces behind a head. */
export interface Block {
  readonly head: string;
  readonly lines: (string | Block)[];
}

const OPENS = /^\s*((add|create)\s+)?(table|chain|set|map|limit|counter|quota|flowtable)\b[^{]*$/;

/** The file as blocks of lines; the braces of sets stay in their lines. Comments go, and definitions are filled in. */
export function readBlocks(text: string): Block {
  const top: Block = { head: '', lines: [] };
  const open = [top];
  let statement = '';
  let sets = 0;
  let isQuoted = false;
  const end = () => {
    if (statement.trim() !== '') open.at(-1)!.lines.push(statement.trim());
    statement = '';
  };
  for (const char of define(withoutComments(text))) {
    if (char === '"') isQuoted = !isQuoted;
    if (isQuoted) statement += char;
    else if (char === '{' && sets === 0 && OPENS.test(statement)) {
      const block: Block = { head: statement.trim(), lines: [] };
      open.at(-1)!.lines.push(block);
      open.push(block);
      statement = '';
    } else if (char === '}' && sets === 0) {
      end();
      open.pop();
      if (open.length === 0) throw new Error('cannot read: a brace is closed that was not opened');
    } else if (sets === 0 && (char === '\n' || char === ';')) end();
    else {
      if (char === '{') sets++;
      else if (char === '}') sets--;
      statement += char === '\n' ? ' ' : char;
    }
  }
  end();
  if (open.length > 1 || sets > 0 || isQuoted) throw new Error('cannot read the end: a brace or a quote is open');
  return top;
}

function withoutComments(text: string): string {
  return text.replace(/("[^"\n]*")|#.*$/gm, (_, quoted: string | undefined) => quoted ?? '').replace(/\\\n/g, ' ');
}

/** `define web = { 80, 81 }`, then `$web`. */
function define(text: string): string {
  const known = new Map<string, string>();
  const fill = (line: string) => line.replace(/\$(\w+)/g, (word, name: string) => known.get(name) ?? word);
  const rest = text.replace(/^\s*define\s+(\w+)\s*=\s*(\{[^}]*\}|.*)$/gm, (_, name: string, value: string) => {
    known.set(name, fill(value.trim()));
    return '';
  });
  return fill(rest);
}
