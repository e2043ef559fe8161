/** `# text`; without the blank where the text begins with a sign: `## heading`, `#!`. */
export function commentText(comment: string): string {
  if (comment === '') return '#';
  return /^[#!]/.test(comment) ? `#${comment}` : `# ${comment}`;
}
