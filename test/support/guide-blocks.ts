import { readFileSync } from 'node:fs';

/** The code blocks of a guide in one language, in order. */
export function guideBlocks(guide: string, language: string): string[] {
  const text = readFileSync(guide, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );
}
