// Tables of users for the tests, made from the sample.

import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';

/** The heading and the records of a CSV file in which no cell holds a line end. */
export function sample(path) {
  const [heading, ...records] = readFileSync(path, 'utf8').replace('\ufeff', '').trim().split(/\r?\n/);
  return { heading, records };
}

/**
 * Writes about so many users: the sample over and over, every time with a site, domain, identities and numbers of
 * its own, so that each rule fires for thousands. Records of unusual length come once.
 */
export async function multiply({ heading, records }, path, users) {
  const usual = records.filter((record) => record.length < 2000);
  const nickname = columns(heading).indexOf('mailNickname');
  const out = createWriteStream(path);
  out.write(heading + '\n');
  for (let copy = 0; copy * usual.length < users; copy += 1) {
    const site = `s${copy}`;
    const number = String(copy).padStart(5, '0');
    const rows = (copy === 0 ? records : usual).map((record) =>
      change(record, nickname, (name) => name && copy + name)
        .replaceAll('DC=corp,', `OU=${site},DC=corp,`)
        .replaceAll('@', `@${site}.`)
        .replaceAll('5f3c', number.slice(1))
        .replaceAll('-1004336348-', `-10${number}-`)
        .replaceAll('+49305550', `+49${number}`),
    );
    if (!out.write(rows.join('\n') + '\n')) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

/** The names of the columns. */
function columns(heading) {
  return heading.replaceAll('"', '').split(',');
}

/** The record with another text in a column. */
function change(record, column, by) {
  const cells = record.slice(1, -1).split('","');
  cells[column] = by(cells[column]);
  return `"${cells.join('","')}"`;
}

/** Writes the sample with one user after the other called by hostile texts. */
export async function rename({ heading, records }, path, texts) {
  const [name, proxies] = ['displayName', 'proxyAddresses'].map((title) => columns(heading).indexOf(title));
  const rows = records.map((record, nth) => {
    const text = texts[nth % texts.length].replaceAll('"', '""');
    const named = change(record, name, () => text);
    return nth % 3 === 0 ? change(named, proxies, (old) => `${old};sip:${text}`) : named;
  });
  const out = createWriteStream(path);
  out.end([heading, ...rows].join('\n') + '\n');
  await once(out, 'finish');
}
