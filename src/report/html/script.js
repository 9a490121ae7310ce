(() => {
  'use strict';
  const form = document.getElementById('filter');
  if (!form) return;
  const fields = form.elements;
  const told = document.getElementById('told');
  const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  // A unit and all above it: a comma that is part of a name stands behind a backslash.
  const known = new Map();
  const units = (unit) => {
    if (known.has(unit)) return known.get(unit);
    const all = [];
    for (let rest = unit; rest; rest = rest.replace(/^(?:[^\\,]|\\.?)*,?\s*/s, '')) {
      all.push(rest);
    }
    known.set(unit, all.filter((one) => /^(OU|CN)=/i.test(one)));
    return known.get(unit);
  };
  const rules = [...document.querySelectorAll('details.rule')].map((section) => ({
    section,
    code: section.querySelector('.code').textContent,
    title: section.querySelector('h3').textContent,
    opened: false,
    rows: [...section.querySelectorAll('tbody tr')].map((row) => ({
      row,
      status: row.cells[1].textContent,
      units: units(row.cells[0].querySelector('small').textContent),
      domain: row.dataset.d,
      text: null,
    })),
  }));
  const rows = rules.flatMap((rule) => rule.rows);

  const offer = (field, values) => {
    for (const value of [...new Set(values)].filter(Boolean).sort()) {
      field.add(new Option(value, value));
    }
    // Nothing to choose from: the input does not carry it, or it is redacted.
    field.parentElement.hidden = field.length < 2;
  };
  offer(fields.status, rows.map((one) => one.status));
  offer(fields.domain, rows.map((one) => one.domain));
  offer(fields.unit, [...known.values()].flat());
  for (const rule of rules) fields.rule.add(new Option(rule.title, rule.code));

  const filter = () => {
    const words = fold(fields.text.value).split(/\s+/).filter(Boolean);
    const { value: status } = fields.status;
    const { value: code } = fields.rule;
    const { value: unit } = fields.unit;
    const { value: domain } = fields.domain;
    const active = Boolean(words.length || status || code || unit || domain);
    const fits = (one) =>
      (!status || one.status === status) &&
      (!domain || one.domain === domain) &&
      (!unit || one.units.includes(unit)) &&
      words.every((word) => (one.text ??= fold(one.row.textContent)).includes(word));
    let shown = 0;
    let sections = 0;
    for (const rule of rules) {
      const named = !code || rule.code === code;
      let here = 0;
      for (const one of rule.rows) {
        const fit = named && fits(one);
        if (one.row.hidden === fit) one.row.hidden = !fit;
        here += fit;
      }
      rule.section.hidden = active && here === 0;
      // What the filter has opened, it closes; what the reader has opened stays as it is.
      if (active && here > 0 && !rule.section.open) {
        rule.section.open = rule.opened = true;
      } else if (!active && rule.opened) {
        rule.section.open = rule.opened = false;
      }
      shown += here;
      sections += here > 0;
    }
    const number = (count) => count.toLocaleString('en-US');
    told.textContent = active
      ? `${number(shown)} of the ${number(rows.length)} rows on this page fit, under ${number(sections)} of ${number(rules.length)} rules.`
      : `${number(rows.length)} rows on this page.`;
  };

  let waiting = 0;
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  form.addEventListener('reset', () => setTimeout(filter));
  form.addEventListener('submit', (event) => event.preventDefault());
  const all = (open) => () => {
    for (const rule of rules) {
      rule.section.open = open;
      rule.opened = false;
    }
  };
  document.getElementById('unfold').addEventListener('click', all(true));
  document.getElementById('fold').addEventListener('click', all(false));

  // A link to a rule opens it, also in browsers that do not do so by themselves.
  const follow = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const section = place && place.closest('details.rule');
    if (!section) return;
    if (section.hidden) form.reset();
    section.hidden = false;
    section.open = true;
    section.scrollIntoView();
    section.querySelector('summary').focus({ preventScroll: true });
  };
  addEventListener('hashchange', follow);

  form.hidden = false;
  filter();
  follow();
})();
