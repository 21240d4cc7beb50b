// report.js FILE: open a report at two widths, light and dark, and print what
// the page holds and did, a line each: `key value`.
const { chromium } = require('playwright-core');
const path = require('path');

const file = 'file://' + path.resolve(process.argv[2]);

const print = (key, value) =>
    console.log(key + ' ' + String(value).replace(/\s+/g, ' '));

// Runs in the page.
function look() {
    const all = [...document.querySelectorAll('*')];
    const text = (e) => (e ? e.textContent : '');
    const rows = (id) => [...document.querySelectorAll(`#${id} tbody tr`)].map(
        (tr) => [...tr.cells].map((td) => td.dataset.value || text(td)));
    const boxes = [...document.querySelectorAll('svg.flame > svg')];
    return {
        title: text(document.querySelector('h1')),
        requests: document.querySelector('#requests').dataset.value,
        rate: document.querySelector('#rate').dataset.value,
        tags: [...new Set(all.map((e) => e.tagName.toLowerCase()))].sort(),
        attributes: [...new Set(all.flatMap((e) => e.getAttributeNames()))].sort(),
        thresholds: rows('thresholds'),
        trends: rows('trends'),
        metrics: rows('metrics'),
        endpoints: rows('endpoints'),
        checks: rows('checks'),
        charts: document.querySelectorAll('svg.chart').length,
        emptyCharts: [...document.querySelectorAll('svg.chart')].filter(
            (svg) => !svg.querySelector('.line, .area, .grid')).length,
        profiles: [...document.querySelectorAll('#profiles p')].map(text)
            .join('; '),
        boxes: boxes.length,
        // A name is drawn within its box alone.
        spilled: boxes.filter((box) => getComputedStyle(box).overflow ===
            'visible').length,
        background: getComputedStyle(document.body).backgroundColor,
        ink: getComputedStyle(document.body).color,
        overflow: document.documentElement.scrollWidth -
            document.documentElement.clientWidth,
    };
}

(async () => {
    const browser = await chromium.launch({
        executablePath: '/usr/bin/chromium', args: ['--no-sandbox'],
    });
    for (const colorScheme of ['light', 'dark']) {
        for (const width of [1400, 600]) {
            const page = await browser.newPage(
                { viewport: { width, height: 1000 }, colorScheme });
            page.on('console', (m) => print('console', m.text()));
            page.on('pageerror', (e) => print('error', e.message));
            page.on('request', (r) => {
                if (r.url() !== file) print('request', r.url());
            });
            page.on('dialog', (d) => print('dialog', d.message()));
            await page.goto(file);
            const found = await page.evaluate(look);
            print(`look.${colorScheme}.${width}`,
                `${found.background} ${found.ink} ${found.overflow}`);
            if (colorScheme === 'light' && width === 1400) {
                for (const [key, value] of Object.entries(found)) {
                    if (Array.isArray(value) && Array.isArray(value[0])) {
                        value.forEach((row) =>
                            print(key, row.map((s) => s.trim()).join(' | ')));
                    } else {
                        print(key, value);
                    }
                }
            }
            if (process.argv[3]) {
                await page.screenshot({ fullPage: true,
                    path: `${process.argv[3]}-${colorScheme}-${width}.png` });
            }
            await page.close();
        }
    }
    await browser.close();
})().catch((e) => { console.error(e); process.exit(1); });
